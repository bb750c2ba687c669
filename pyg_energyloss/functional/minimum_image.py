"""Nearest periodic images in any cell, also a skewed one."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import compute_dtype


def minimum_image(
    pos: Tensor,
    edge_index: Tensor,
    cell: Tensor,
    *,
    batch: Tensor | None = None,
    pbc: Tensor | None = None,
) -> Tensor:
    r"""Return the cells between the two ends of each pair that make it shortest.

    .. math:: s_{ij} = \text{argmin}_{s \in \mathbb Z^d} \, |y_j - y_i + s C|

    Rounding fractional coordinates finds the nearest image in a rectangular cell only; here the
    neighbours of the rounded cell are searched too, which is enough for any cell whose vectors
    are reduced (no angle below 60° or above 120° in space; the nearest image within half the
    shortest height is found in any cell).

    Args:
        pos: true positions [num_nodes, dim], in Å.
        edge_index: pairs [2, num_edges].
        cell: lattice vectors as rows [num_graphs, dim, dim] or [dim, dim], in Å. A cell without
            volume does not repeat.
        batch: graph of every node [num_nodes]; None means one graph.
        pbc: which lattice vectors repeat [num_graphs, dim] or [dim]; None means all.

    Returns:
        [num_edges, dim] integers in the dtype of `pos`, for `pair_energy(edge_shift=...)`.

    Raises:
        ValueError: `cell` has a wrong shape.

    >>> pos = torch.tensor([[0.5, 0.0], [3.5, 0.0]])
    >>> minimum_image(pos, torch.tensor([[0], [1]]), 4 * torch.eye(2))
    tensor([[-1.,  0.]])
    """
    dim = pos.size(1)
    if cell.shape[-2:] != (dim, dim):
        raise ValueError(
            f"`cell` must have shape [num_graphs, {dim}, {dim}] or [{dim}, {dim}], "
            f"got {tuple(cell.shape)}"
        )
    with torch.no_grad(), torch.autocast(pos.device.type, enabled=False):
        dtype = compute_dtype(pos)
        source, target = edge_index[0], edge_index[1]
        lattice = cell.reshape(-1, dim, dim).to(dtype)
        repeats = torch.linalg.det(lattice) != 0
        repeats = repeats[:, None].expand(-1, dim)
        if pbc is not None:
            repeats = repeats & pbc.reshape(-1, dim).bool()
        identity = torch.eye(dim, dtype=dtype, device=pos.device)
        inverse = torch.linalg.inv(torch.where(repeats.any(1)[:, None, None], lattice, identity))
        if batch is not None and lattice.size(0) > 1:
            graph = batch[source]
            lattice, inverse, repeats = lattice[graph], inverse[graph], repeats[graph]
        bond = pos[target].to(dtype) - pos[source].to(dtype)
        rounded = -torch.round((bond[:, :, None] * inverse).sum(dim=1)) * repeats
        steps = torch.tensor(list(itertools.product((0, -1, 1), repeat=dim)), device=pos.device)
        best, shortest = rounded, torch.full_like(bond[:, 0], torch.inf)
        for step in steps:  # a loop keeps the memory linear in the edges
            shift = rounded + step * repeats
            length = (bond + (shift[:, :, None] * lattice).sum(dim=1)).square().sum(dim=1)
            closer = length < shortest * (1 - 1e-6)
            best = torch.where(closer[:, None], shift, best)
            shortest = torch.where(closer, length, shortest)
        found: Tensor = best.to(pos.dtype)
        return found


def unwrap(
    pos_pred: Tensor,
    pos_target: Tensor,
    cell: Tensor,
    *,
    batch: Tensor | None = None,
    pbc: Tensor | None = None,
) -> Tensor:
    """Move each predicted atom by whole lattice vectors to the image nearest to its true place.

    A model that predicts wrapped (fractional) positions needs this before a pair energy, whose
    images are those of the true structure.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        cell: lattice vectors as rows [num_graphs, dim, dim] or [dim, dim], in Å.
        batch: graph of every node [num_nodes]; None means one graph.
        pbc: which lattice vectors repeat; None means all.

    Returns:
        [num_nodes, dim], with the gradient of `pos_pred`.

    >>> unwrap(torch.tensor([[3.9, 0.0]]), torch.tensor([[0.0, 0.0]]), 4 * torch.eye(2)).round(
    ...     decimals=3
    ... )
    tensor([[-0.1000,  0.0000]])
    """
    nodes = pos_pred.size(0)
    index = torch.arange(nodes, device=pos_pred.device)
    both = torch.cat([pos_target.to(pos_pred.dtype), pos_pred])
    twice = None if batch is None else torch.cat([batch, batch])
    pairs = torch.stack([index, index + nodes])
    shift = minimum_image(both.detach(), pairs, cell, batch=twice, pbc=pbc)
    lattice = cell.reshape(-1, *cell.shape[-2:]).to(pos_pred.dtype)
    lattice = lattice[batch] if batch is not None and lattice.size(0) > 1 else lattice[:1]
    moved: Tensor = pos_pred + (shift[:, :, None] * lattice).sum(dim=1)
    return moved
