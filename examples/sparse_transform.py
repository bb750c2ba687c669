"""One transform on a PyG data set: a rigid backbone that stays, far pairs that are redrawn."""

import matplotlib.pyplot as plt
import torch

import pyg_energyloss as pel
from pyg_energyloss.data import druglike

molecule = max(druglike()["test"], key=lambda item: item.num_nodes)
transform = pel.transforms.RigidEdgeTransform(complete_below=0, seed=0)
pos = molecule.pos - molecule.pos.mean(0)
plane = pos @ torch.linalg.eigh(pos.T @ pos)[1][:, 1:]  # seen along its shortest axis
figure, axes = plt.subplots(1, 2, figsize=(7, 3.6), layout="constrained")
for number, ax in enumerate(axes, 1):
    drawn = transform(molecule.clone())
    pairs, weight = drawn.energy_edge_index, drawn.energy_edge_weight
    once = pairs[0] < pairs[1]
    for (i, j), w in zip(pairs.T[once].tolist(), weight[once], strict=True):
        color = "tab:blue" if w == 1 else "tab:orange"
        ax.plot(*plane[[i, j]].T, color=color, lw=0.8, alpha=1 if w == 1 else 0.5)
    ax.plot(*plane.T, "k.")
    far = int((weight != 1).sum()) // 2
    print(f"draw {number}: {pairs.size(1) // 2} pairs, {far} of them drawn")
    ax.set(title=f"draw {number}: blue stays, orange is drawn", aspect="equal")
figure.savefig("sparse_transform.png", dpi=66)
