"""Sparse edges that keep the promise of the complete graph.

One transform adds them; the loss uses them. The mean over draws is the complete energy, and every
single draw fixes the molecule.
"""

import torch

import pyg_energyloss as pel
from pyg_energyloss.data import druglike
from pyg_energyloss.rigidity import certify

molecule = max(druglike()["test"], key=lambda item: item.num_nodes)
num_atoms = molecule.num_nodes
print(f"{num_atoms} atoms, {num_atoms * (num_atoms - 1) // 2} pairs")

transform = pel.transforms.RigidEdgeTransform(complete_below=0, seed=0)
pred = molecule.pos + 0.5 * torch.randn(num_atoms, 3, generator=torch.Generator().manual_seed(0))
exact = pel.PairEnergyLoss(edges="complete")(pred, molecule)
loss = pel.PairEnergyLoss(edges="data")
draws = torch.stack([loss(pred, transform(molecule)) for _ in range(200)])
print(f"complete energy per atom {exact:.3f}")
print(f"mean of 200 sparse draws {draws.mean():.3f} ± {draws.std() / 200**0.5:.3f}")

drawn = transform(molecule)
print(certify(drawn.energy_edge_index, molecule.pos, edge_weight=drawn.energy_edge_weight))

# Redrawn inside the loss instead, for the whole batch at once on its device:
sampler = pel.samplers.Backbone(complete_below=0, seed=0)
print(f"drawn in the loss {pel.PairEnergyLoss(edges=sampler)(pred, molecule):.3f}")
