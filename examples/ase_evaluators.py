"""ASE: quantum-chemical evaluators, an elastic network to relax in, and a file for `ase gui`.

Needs ``pip install 'pyg-energyloss[ase]' pyg-energyloss-ase``.
"""

import tempfile
from pathlib import Path

import torch
from ase.build import molecule
from ase.optimize import BFGS
from pyg_energyloss_ase import ElasticNetwork, atoms_to_data, write_trajectory
from torch_geometric.data import Batch

from pyg_energyloss import registry

names = ["H2O", "CH3CH2OH", "C6H6"]
true = [molecule(name) for name in names]
batch = Batch.from_data_list([atoms_to_data(atoms) for atoms in true])
generator = torch.Generator().manual_seed(0)
pos_pred = batch.pos + 0.1 * torch.randn(batch.pos.shape, generator=generator)

# One value per graph; a calculation that fails is NaN and never an exception.
evaluate = registry.create("evaluator", "gfn2")
found = evaluate(pos_pred, batch)
for name, energy, force in zip(
    names, found["energy_above_reference"], found["max_force"], strict=True
):
    print(f"{name:9s} {energy:6.2f} eV above the truth, largest force {force:5.1f} eV/Å")

# The loss around a reference is a calculator: forces are its negative gradient.
start = true[2].copy()
start.rattle(0.2, seed=1)
start.calc = ElasticNetwork(true[2], stiffness="exponential")
frames, energies = [], []
optimizer = BFGS(start, logfile=None)
optimizer.attach(lambda: frames.append(torch.tensor(start.positions)))
optimizer.attach(lambda: energies.append(start.get_potential_energy()))
optimizer.run(fmax=1e-3, steps=200)
print(f"benzene: pair energy {energies[0]:.3f} -> {energies[-1]:.1e} in {len(frames)} frames")

with tempfile.TemporaryDirectory() as folder:
    data = atoms_to_data(true[2], dtype=torch.float64)
    path = write_trajectory(Path(folder) / "relaxation.traj", data, frames, energies=energies)
    print(f"{path.name}: open it with `ase gui`")
