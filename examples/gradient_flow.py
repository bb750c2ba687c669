"""Follow the gradients of MSE and of the pair energy from a turned triangle.

MSE drags each corner through the middle to its own fixed point; the energy sees nothing to do but
to mend the shape, and leaves it where it lies. Grey: truth, orange: start, blue: end.
"""

import math

import matplotlib.pyplot as plt
import torch
from torch_geometric.data import Data

import pyg_energyloss as pel

corner = torch.arange(3) * 2 * math.pi / 3
target = torch.stack([corner.cos(), corner.sin()], dim=1)
turned = torch.stack([(corner + 2.8).cos(), (corner + 2.8).sin()], dim=1)
start = turned * torch.tensor([1.3, 0.7])
data = Data(pos=target)
figure, axes = plt.subplots(1, 2, figsize=(7, 3.6), layout="constrained", sharey=True)
losses = {"MSE": pel.CoordinateMSELoss(), "pair energy": pel.PairEnergyLoss("constant")}
for ax, (name, loss) in zip(axes, losses.items(), strict=True):
    pos = start.clone().requires_grad_()
    path = [start]
    for _ in range(400):
        (force,) = torch.autograd.grad(loss(pos, data), pos)
        pos = (pos - 0.05 * force).detach().requires_grad_()
        path.append(pos.detach())
    line = torch.stack(path)
    print(f"{name}: the path is {(line[1:] - line[:-1]).norm(dim=2).sum():.2f} long")
    for points, color in ((target, "0.7"), (start, "tab:orange"), (line[-1], "tab:blue")):
        ax.fill(*points.T, fill=False, edgecolor=color, lw=2)
    for i in range(3):
        ax.plot(line[:, i, 0], line[:, i, 1], "k", lw=1)
    ax.set(title=name, aspect="equal")
figure.savefig("gradient_flow.png", dpi=90)
