"""Crambin moved in three ways to the same RMSD: energy tells a turn from a hinge from noise.

Coordinate errors rate the three alike. To turn the fold costs nothing, to bend it at one residue
costs the contacts between its halves, to shake every residue costs most. The springs also say what
moved: within each half none is stretched, while after the best alignment every atom is displaced.
"""

from math import cos, sin
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from torch import Tensor
from torch_geometric.data import Data

import pyg_energyloss as pel

HINGE = 31  # residues up to here stay, those after the second helix swing
lines = (Path(__file__).parent / "data" / "1crn_ca.pdb").read_text(encoding="utf-8").splitlines()
atoms = [line for line in lines if line.startswith("ATOM")]
pos = torch.tensor([[float(line[i : i + 8]) for i in (30, 38, 46)] for line in atoms])
fold = Data(pos=pos)
loss = pel.PairEnergyLoss("inverse_square", edges="complete")
noise = torch.randn(pos.shape, generator=torch.Generator().manual_seed(0))


def turned(angle: float, points: Tensor = pos, centre: Tensor | None = None) -> Tensor:
    centre = points.mean(0) if centre is None else centre
    turn = torch.tensor([[cos(angle), -sin(angle), 0], [sin(angle), cos(angle), 0], [0, 0, 1]])
    return (points - centre) @ turn + centre


def bent(angle: float) -> Tensor:
    return torch.cat([pos[:HINGE], turned(angle, pos[HINGE:], pos[HINGE - 1])])


def shaken(sigma: float) -> Tensor:
    return pos + sigma * noise


figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
for motion, most in ((shaken, 2.15), (bent, 0.52), (turned, 0.59)):
    moved = [motion(most * i / 30) for i in range(31)]
    rmsd = [float((m - pos).square().sum(1).mean().sqrt()) for m in moved]
    energy = [float(loss(m, fold)) for m in moved]
    left.plot(rmsd, energy, label=motion.__name__)
    print(f"{motion.__name__:6s}  RMSD {rmsd[-1]:.1f} Å  energy {energy[-1]:.2f} per residue")
left.set(xlabel="RMSD of coordinates / Å", ylabel="energy per residue", title="crambin, 46 Cα")
left.legend()
here, there = bent(0.52) - bent(0.52).mean(0), pos - pos.mean(0)
rotation = pel.functional.kabsch_rotation((there.t() @ here)[None])[0]
error = (here - there @ rotation.t()).norm(dim=1)
print(f"bent and aligned, a residue is off by {error.min():.1f} to {error.max():.1f} Å")
stretch = (torch.cdist(bent(0.52), bent(0.52)) - torch.cdist(pos, pos)).abs()
image = right.imshow(stretch, cmap="magma_r", extent=(0.5, 46.5, 46.5, 0.5))
figure.colorbar(image, label="stretch of the spring / Å")
right.set(xlabel="residue", ylabel="residue", title=f"bent by 30° after residue {HINGE}")
figure.savefig("protein.png", dpi=90)
