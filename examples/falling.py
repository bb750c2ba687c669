"""Three losses let a rattled, turned molecule fall, each along its own gradient.

MSE drags every atom through the molecule to a place in space, bonds broken on the way; the aligned
MSE and the pair energy know nothing to do but to mend the shape. Grey: the truth.
"""

import math

import matplotlib.pyplot as plt
import torch
from matplotlib.animation import FuncAnimation
from matplotlib.collections import LineCollection

import pyg_energyloss as pel

molecule = max(pel.data.qm9_small()["test"], key=lambda item: int((item.z == 6).sum()))
truth = molecule.pos - molecule.pos.mean(0)
seen = torch.linalg.eigh(truth.T @ truth)[1].flip(1)  # its longest axis to the right
molecule.pos = truth @ seen
turn = torch.tensor([[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [0.0, 0.0, math.sqrt(2)]]) / math.sqrt(2)
noise = torch.randn(truth.shape, generator=torch.Generator().manual_seed(0))
start = molecule.pos @ turn.T + 0.35 * noise

losses = {
    "MSE": pel.CoordinateMSELoss(),
    "aligned MSE": pel.KabschMSELoss(),
    "pair energy": pel.PairEnergyLoss("exponential", normalize=None),
}
bond = molecule.edge_index
true_length = (molecule.pos[bond[0]] - molecule.pos[bond[1]]).norm(dim=1)
paths, errors = {}, {}
for name, loss in losses.items():
    pos, path = start.clone(), [start]
    for _ in range(60):
        pos = pos.clone().requires_grad_()
        value = loss(pos, molecule)
        (force,) = torch.autograd.grad(value, pos)
        step, fall = 0.6, force / (force.norm() + 1e-9)
        with torch.no_grad():  # halved until the loss falls
            while step > 1e-4 and loss(pos - step * fall, molecule) > value:
                step /= 2
        pos = (pos - step * fall).detach()
        path.append(pos)
    paths[name] = torch.stack(path)
    length = (paths[name][:, bond[0]] - paths[name][:, bond[1]]).norm(dim=2)
    errors[name] = (length - true_length).abs().mean(dim=1)
    print(f"{name}: bonds off by up to {errors[name].max():.2f} Å on the way")

figure, axes = plt.subplots(1, 3, figsize=(9, 3.4), layout="constrained")


def draw(frame: int) -> None:
    for ax, name in zip(axes, losses, strict=True):
        ax.clear()
        for points, color, width in ((molecule.pos, "0.8", 2), (paths[name][frame], "tab:blue", 2)):
            ax.add_collection(LineCollection(points[bond.T, :2].numpy(), color=color, lw=width))
            ax.scatter(*points[:, :2].T, color=color, s=12 * molecule.z.sqrt())
        ax.set(title=name, xlim=(-5, 5), ylim=(-5, 5), aspect="equal", xticks=[], yticks=[])
        ax.set_xlabel(f"bonds off by {errors[name][frame]:.2f} Å")


FuncAnimation(figure, draw, frames=[*range(0, 61, 4), *[60] * 6], interval=140).save("falling.gif")
