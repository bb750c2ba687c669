"""A protein-like chain: an ideal helix of 300 residues, all pairs against sparse edges."""

import matplotlib.pyplot as plt
import torch
from torch_geometric.data import Data

import pyg_energyloss as pel

residue = torch.arange(300)
angle = torch.deg2rad(100.0 * residue)  # 3.6 residues a turn, 1.5 Å a residue
helix = Data(pos=torch.stack([2.3 * angle.cos(), 2.3 * angle.sin(), 1.5 * residue], dim=1))
noise = torch.randn(300, 3, generator=torch.Generator().manual_seed(0))
complete = pel.PairEnergyLoss("inverse_square", edges="complete")
sampler = pel.samplers.Backbone(complete_below=0, seed=0)
sparse = pel.PairEnergyLoss("inverse_square", edges=sampler)
sigma = torch.linspace(0.05, 1.5, 12)
exact = [float(complete(helix.pos + s * noise, helix)) for s in sigma]
drawn = [[float(sparse(helix.pos + s * noise, helix)) for _ in range(20)] for s in sigma]
print(f"{300 * 299 // 2} pairs; one sparse draw has about {7 * 300}")
figure, ax = plt.subplots(figsize=(4.5, 3.2), layout="constrained")
ax.plot(sigma, drawn, ".", color="tab:orange", alpha=0.3, ms=4)
ax.plot(sigma, torch.tensor(drawn).mean(1), color="tab:orange", label="sparse: draws, mean")
ax.plot(sigma, exact, "k--", label="all pairs")
ax.set(xlabel="noise / Å", ylabel="energy per residue", title="Cα helix, 300 residues")
ax.legend()
figure.savefig("protein.png", dpi=90)
