"""Losses as objects: springs on pairs, energies per atom, handedness, a law of one's own."""

import torch
from torch_geometric.loader import DataLoader

import pyg_energyloss as pel
from pyg_energyloss.data import qm9_small

batch = next(iter(DataLoader(qm9_small()["test"][:64], batch_size=64)))
rng = torch.Generator().manual_seed(0)
pred = batch.pos + 0.1 * torch.randn(batch.pos.shape, generator=rng)

pair = pel.PairEnergyLoss("exponential")
print(f"{pair}: {pair(pred, batch):.4f}")
print(f"mirror image: {pair(-batch.pos, batch):.4f}, a distance loss cannot tell")
both = 0.9 * pair + 0.1 * pel.losses.HandednessLoss()
print(f"mirror image with handedness: {both(-batch.pos, batch):.4f}")

worst = pair.atom_energies(pred, batch).argmax()
print(f"most strained atom: {int(worst)} (element {int(batch.z[worst])})")

physical = pel.PairEnergyLoss("auto")  # bonds from data.edge_index
own = pel.PairEnergyLoss(lambda distance: 1 / (1 + distance))
for loss in (physical, own):
    pos = pred.clone().requires_grad_()
    loss(pos, batch).backward()
    print(f"{loss.stiffness}: largest force {pos.grad.norm(dim=1).max():.4f}")

pel.testing.assert_loss_contract(own)
