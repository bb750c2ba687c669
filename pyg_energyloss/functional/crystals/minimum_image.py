"""Nearest periodic images in any cell, however skewed."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from torch import Tensor

from pyg_energyloss.functional.crystals.lattice import ReducedCell, reduce_cell
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

    Rounding fractional coordinates finds the nearest image in a rectangular cell only. Here the
    cell is reduced first (on the CPU), then the neighbours of the rounded cell are searched, which
    finds the nearest image in every cell of up to three dimensions. Of images at the same distance
    one is chosen, whatever the rounding.

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
        reduced = reduced_cells(cell, pbc)
        graph = batch[source] if batch is not None and len(reduced.cell) > 1 else None

        def per_edge(value: np.ndarray) -> Tensor:
            found = torch.from_numpy(value).to(pos.device, dtype)
            return found if graph is None else found[graph]

        lattice, inverse = per_edge(reduced.cell), per_edge(reduced.inverse)
        repeats = per_edge(reduced.repeats)
        bond = pos[target].to(dtype) - pos[source].to(dtype)
        rounded = -torch.round((bond[:, :, None] * inverse).sum(dim=1)) * repeats
        bond = bond + (rounded[:, :, None] * lattice).sum(dim=1)
        best, shortest = rounded, bond.square().sum(dim=1)
        # The home cell comes first, so that rounding does not choose between images.
        steps = sorted(itertools.product((0, -1, 1), repeat=dim), key=lambda s: sum(map(abs, s)))
        for values in steps[1:]:  # a loop keeps the memory linear in the edges
            step = torch.tensor(values, dtype=dtype, device=pos.device) * repeats
            length = (bond + (step[..., None] * lattice).sum(dim=-2)).square().sum(dim=1)
            closer = length < shortest * (1 - 1e-6)
            best = torch.where(closer[:, None], rounded + step, best)
            shortest = torch.where(closer, length, shortest)
        shift = (best[:, :, None] * per_edge(reduced.change)).sum(dim=1)
        return shift.to(pos.dtype)


def reduced_cells(cell: Tensor, pbc: Tensor | None) -> ReducedCell:
    """Return `reduce_cell` of tensors: cells [num_graphs, dim, dim] or [dim, dim], any device.

    >>> reduced_cells(torch.eye(3), None).cell.shape
    (1, 3, 3)
    """
    dim = cell.size(-1)
    given = cell.detach().reshape(-1, dim, dim).cpu().double().numpy()
    flags = np.ones((len(given), dim), bool)
    if pbc is not None:
        flags = np.broadcast_to(pbc.detach().reshape(-1, dim).bool().cpu().numpy(), flags.shape)
    return reduce_cell(given, flags)
