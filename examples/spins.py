"""Predict ground states of small spin glasses: what the loss, and the global flip, change."""

import torch

import pyg_energyloss as pel
from pyg_energyloss.losses import TargetBondLoss
from pyg_energyloss.models import SpinCNN
from pyg_energyloss.spins import SpinEvaluator, generate_systems, ground_state, square_lattice

# An exact ground state of any planar graph with couplings; bonds once or in both directions.
edge_index = square_lattice(16)
coupling = torch.rand(edge_index.size(1), generator=torch.Generator().manual_seed(0)) * 2 - 1
spins, energy = ground_state(edge_index, coupling, num_nodes=256)
print(f"16 x 16 spin glass: exact ground-state energy {energy:.4f}")

# A data set: random couplings on edge_attr, exact ground states in y, as PyG data.
systems = generate_systems(600, 6, seed=0, workers=0)
train, test = systems.subset(slice(500)), systems.subset(slice(500, None))
print(systems[0])

losses = {
    "cross-entropy": pel.SpinCrossEntropyLoss(),
    "local field": pel.LocalFieldLoss(),
    "local field, blind to the global flip": pel.LocalFieldLoss(flip="min"),
    "springs between spins": TargetBondLoss(),
    "true energy": pel.TrueEnergyLoss(),
}
held_out = test.batch(range(len(test)))
for name, loss in losses.items():
    torch.manual_seed(0)
    model = SpinCNN(width=24, layers=4)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(80):
        batch = train.batch(torch.randint(len(train), (64,)))
        optimizer.zero_grad()
        loss(model(batch), batch).backward()
        optimizer.step()
    with torch.no_grad():
        metrics = SpinEvaluator(relax=False)(model(held_out), held_out)
    print(f"{name:38s} excess energy {metrics['excess_energy'].mean():6.2f}")
