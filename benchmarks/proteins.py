"""Energies of a whole protein complex: time of each loss, and which pairs a sample should hold.

    OMP_NUM_THREADS=1 python benchmarks/proteins.py

The structure is 5ugo as its file has it (embedded; 3 646 atoms: DNA polymerase beta, DNA, water).
Times are seconds of one thread, the least of several repeats. Then gradients of single draws of
the same number of pairs are compared with the gradient of all pairs, on the 60 residues around one
in the middle: the library's backbone, which always joins nearest neighbours, and a sample that
always joins the atoms of a residue and of the next one in its chain, other pairs drawn evenly.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from ase import Atoms
from pyg_energyloss_ase import ElasticNetwork
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss import PairEnergyLoss, SmoothLDDTLoss
from pyg_energyloss.data.proteins import embedded_proteins, protein_atoms, residue_spheres
from pyg_energyloss.data.proteins.fragments import take
from pyg_energyloss.data.structure import Structure
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.functional import pair_energy
from pyg_energyloss.potentials import Absolute, Harmonic
from pyg_energyloss.stiffness import Exponential, InverseSquare
from pyg_energyloss.transforms import RigidEdgeTransform

RESULT = Path(__file__).parent / "results" / "proteins.json"
REPEATS, DRAWS, NOISE, CUTOFF = 15, 5, 0.5, 10.0
RESIDUES = 60
#: Pairs for each atom; a residue and the next one in its chain have about 11.
EDGES_PER_ATOM = (14.0, 20.0)
LAWS = {
    "exponential, harmonic": {"stiffness": Exponential(), "potential": Harmonic()},
    "1/d^2, absolute": {"stiffness": InverseSquare(), "potential": Absolute()},
}


def main() -> None:
    torch.set_num_threads(1)
    (structure,) = (s for s in embedded_proteins() if s.name.startswith("5ugo"))
    data = structure.to_data()
    noise = torch.randn(data.pos.shape, generator=torch.Generator().manual_seed(0))
    pos = data.pos + NOISE * noise
    core, near = _core(structure, pos)
    result = {
        "what": "5ugo with DNA and water: milliseconds of one thread, least of several repeats, "
        "forward and gradient; relative error of the gradient of single draws",
        "atoms": data.num_nodes,
        "milliseconds": _times(pos, data),
        "atoms_of_edges": core.num_nodes,
        "edges": {name: _edges(near, core, law) for name, law in LAWS.items()},
        "noise": NOISE,
        "draws": DRAWS,
        "environment": environment(),
    }
    for name in ("milliseconds", "edges"):
        for row in result[name].items():
            print(*row)
    write_json(RESULT, result)


def _core(structure: Structure, pos: Tensor) -> tuple[Data, Tensor]:
    """Residues around one in the middle of the protein, and what is predicted for them."""
    protein = protein_atoms(structure)
    spheres = residue_spheres(protein, length=RESIDUES)
    rows = spheres[len(spheres) // 2]
    kept = take(protein, rows).to_data()
    # The same atoms of the whole prediction, by their places.
    whole = torch.from_numpy(structure.pos).float()
    index = torch.cdist(kept.pos, whole, compute_mode="donot_use_mm_for_euclid_dist").argmin(dim=1)
    return kept, pos[index]


def _times(pos: Tensor, data: Data) -> dict[str, float]:
    """Milliseconds by what is computed."""
    drawn = RigidEdgeTransform(seed=0)(data.clone())
    transform = RigidEdgeTransform(seed=0)
    losses = {
        "energy, all pairs": (PairEnergyLoss("exponential", edges="complete"), data),
        "energy, all pairs, 1/d^2, absolute": (
            PairEnergyLoss("inverse_square", edges="complete", potential="absolute"),
            data,
        ),
        f"energy, all pairs, cutoff {CUTOFF:g} A": (
            PairEnergyLoss("exponential", edges="complete", cutoff=CUTOFF),
            data,
        ),
        "energy, edges of RigidEdgeTransform": (PairEnergyLoss("exponential"), drawn),
        "smooth lDDT": (SmoothLDDTLoss(), data),
    }
    found = {name: _least(lambda i=item: _gradient(*i, pos)) for name, item in losses.items()}
    found["RigidEdgeTransform, one draw"] = _least(lambda: transform(data.clone()))
    reference = Atoms(data.z.numpy(), data.pos.double().numpy())
    moved = Atoms(reference.numbers, pos.double().numpy())
    network = ElasticNetwork(reference, stiffness="exponential", cutoff=CUTOFF)
    found[f"ElasticNetwork, cutoff {CUTOFF:g} A"] = _least(lambda: network.calculate(moved))
    return found


def _gradient(loss: torch.nn.Module, data: Data, pos: Tensor) -> Tensor:
    leaf = pos.clone().requires_grad_()
    loss(leaf, data).backward()
    return leaf.grad


def _least(call: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return 1e3 * min(times)


def _edges(pos: Tensor, data: Data, law: dict[str, object]) -> dict[str, dict[str, float]]:
    """Error of the gradient of single draws, in units of the gradient of all pairs."""
    every = torch.combinations(torch.arange(data.num_nodes)).T
    whole = _slope(pos, data, every, torch.ones(every.shape[1]), law)
    same = data.chain[every[0]] == data.chain[every[1]]
    near = same & ((data.residue[every[0]] - data.residue[every[1]]).abs() <= 1)
    rng = np.random.default_rng(0)
    found = {}
    for per_atom in EDGES_PER_ATOM:
        score = "exponential" if isinstance(law["stiffness"], Exponential) else "inverse_square"
        sampler = RigidEdgeTransform("backbone", seed=0, edges_per_atom=per_atom, importance=score)
        errors: dict[str, list[float]] = {"nearest": [], "residues": []}
        pairs = {}
        for _ in range(DRAWS):
            drawn = sampler(data.clone())
            edges, weight = drawn.energy_edge_index, drawn.energy_edge_weight
            half = edges.shape[1] // 2
            pairs["nearest"] = half / data.num_nodes
            of_draw = _slope(pos, data, edges[:, :half], weight[:half], law)
            errors["nearest"].append(float((of_draw - whole).norm() / whole.norm()))
            kept, far = near.nonzero()[:, 0], (~near).nonzero()[:, 0]
            budget = max(1, round(per_atom * data.num_nodes) - len(kept))
            chosen = far[torch.from_numpy(rng.choice(len(far), budget, replace=False))]
            rows = torch.cat([kept, chosen])
            weight = torch.cat([torch.ones(len(kept)), torch.full((budget,), len(far) / budget)])
            pairs["residues"] = len(rows) / data.num_nodes
            of_draw = _slope(pos, data, every[:, rows], weight, law)
            errors["residues"].append(float((of_draw - whole).norm() / whole.norm()))
        for name, values in errors.items():
            found[f"{name}, {per_atom:g} pairs an atom"] = {
                "pairs_per_atom": pairs[name],
                "relative_error": statistics.fmean(values),
            }
    return found


def _slope(
    pos: Tensor, data: Data, edges: Tensor, weight: Tensor, law: dict[str, object]
) -> Tensor:
    leaf = pos.clone().requires_grad_()
    weight = weight.to(leaf.dtype)
    energy = pair_energy(leaf, data.pos, edges, edge_weight=weight, num_graphs=1, **law)
    energy.sum().backward()
    return leaf.grad


if __name__ == "__main__":
    main()
