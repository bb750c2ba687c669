"""Sets of nodes without bonds among them, which can be updated at once."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def color_classes(edge_index: Tensor, num_nodes: int) -> list[Tensor]:
    """Return a partition of the nodes into independent sets; two for an open square lattice.

    Nodes are coloured in the order of their number with the first colour that no neighbour has, all
    nodes without an uncoloured predecessor at once.

    Args:
        edge_index: bonds, [2, num_edges].
        num_nodes: number of nodes.

    Example:
        >>> color_classes(torch.tensor([[0, 1], [1, 2]]), 3)
        [tensor([0, 2]), tensor([1])]
    """
    low = edge_index.min(dim=0).values.cpu().numpy()
    high = edge_index.max(dim=0).values.cpu().numpy()
    color = np.full(num_nodes, -1)
    waiting = np.bincount(high, minlength=num_nodes)
    order = np.argsort(low, kind="stable")
    start = np.searchsorted(low[order], np.arange(num_nodes + 1))
    taken: list[set[int]] = [set() for _ in range(num_nodes)]
    ready = np.flatnonzero(waiting == 0).tolist()
    while ready:
        node = ready.pop()
        color[node] = next(c for c in range(num_nodes) if c not in taken[node])
        for neighbour in high[order[start[node] : start[node + 1]]].tolist():
            taken[neighbour].add(int(color[node]))
            waiting[neighbour] -= 1
            if waiting[neighbour] == 0:
                ready.append(neighbour)
    colors = torch.from_numpy(color).to(edge_index.device)
    return [(colors == c).nonzero().flatten() for c in range(int(color.max(initial=-1)) + 1)]
