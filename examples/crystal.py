"""A crystal: springs to periodic images; moving the lattice as a whole costs nothing."""

import matplotlib.pyplot as plt
import torch
from ase.build import bulk
from torch_geometric.data import Data

import pyg_energyloss as pel

salt = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
pos = torch.tensor(salt.positions, dtype=torch.float32)
cell = torch.tensor(salt.cell.array, dtype=torch.float32)[None]
data = Data(pos=pos, cell=cell, pbc=torch.ones(1, 3, dtype=torch.bool))
data = pel.transforms.RigidEdgeTransform(complete_below=0, seed=0)(data)
loss = pel.PairEnergyLoss("exponential")
shifts = torch.linspace(-1.0, 1.0, 41)
values = []
for shift in shifts:
    pred = pos.clone()
    pred[0, 0] += shift
    values.append(float(loss(pred, data)))
print(f"{data.energy_edge_index.size(1) // 2} springs for {len(pos)} atoms of the cell")
print(f"the lattice as a whole moved: {float(loss(pos + 1.0, data)):.1e}")
figure, ax = plt.subplots(figsize=(4.5, 3.2), layout="constrained")
ax.plot(shifts, values)
ax.set(xlabel="one Na moved along x / Å", ylabel="energy per atom", title="rock salt, periodic")
figure.savefig("crystal.png", dpi=90)
