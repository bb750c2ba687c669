"""Chains of bonded atoms: bonds, angles and torsions of a molecular graph."""

from __future__ import annotations

import torch
from torch import Tensor


def bonded_chains(edge_index: Tensor, num_nodes: int, length: int) -> Tensor:
    """Return all chains of bonded nodes without repetition, each in one direction.

    Two nodes make a bond, three an angle, four a torsion. Waits for a GPU.

    Args:
        edge_index: bonds [2, num_bonds], one direction or both.
        num_nodes: number of nodes.
        length: number of nodes of a chain, at least two.

    Returns:
        [length, num_chains], the first node of each less than the last.

    Raises:
        ValueError: `length` is less than two.

    >>> bonded_chains(torch.tensor([[0, 1], [1, 2]]), 3, 3).tolist()
    [[0], [1], [2]]
    """
    if length < 2:  # noqa: PLR2004 - a bond
        raise ValueError(f"`length` must be at least 2, got {length}")
    both = torch.cat([edge_index, edge_index.flip(0)], dim=1)
    both = torch.unique(both[:, both[0] != both[1]], dim=1)
    degree = torch.bincount(both[0], minlength=num_nodes)
    first = degree.cumsum(0) - degree
    chains = both
    while chains.size(0) < length:
        repeats = degree[chains[-1]]
        start = torch.repeat_interleave(repeats.cumsum(0) - repeats, repeats)
        rank = torch.arange(len(start), device=start.device) - start
        chains = torch.repeat_interleave(chains, repeats, dim=1)
        following = both[1][first[chains[-1]] + rank]
        chains = torch.cat([chains, following[None]])[:, (chains != following).all(dim=0)]
    once: Tensor = chains[:, chains[0] < chains[-1]]
    return once
