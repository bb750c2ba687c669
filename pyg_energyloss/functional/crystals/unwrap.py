"""Which lattice vectors a prediction is off by: wrapped coordinates made whole."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pyg_energyloss.functional.crystals.lattice import ReducedCell
from pyg_energyloss.functional.crystals.minimum_image import minimum_image, reduced_cells
from pyg_energyloss.functional.graphs import compute_dtype, graph_counts, graph_sum
from pyg_energyloss.loops import compiled_or_plain

#: Displacements that are tried as the origin of a structure, at most.
_ORIGINS = 64


def unwrap(
    pos_pred: Tensor,
    pos_target: Tensor,
    cell: Tensor,
    *,
    cell_pred: Tensor | None = None,
    batch: Tensor | None = None,
    pbc: Tensor | None = None,
) -> Tensor:
    """Move predicted atoms by lattice vectors so that together they are nearest the true crystal.

    A crystal is the same whichever image of an atom is written down. Of all ways to write the
    prediction the one is taken whose displacements differ least from their mean, so that neither
    the wrapping nor the origin of either structure matters. The common lattice vector that is left
    makes the mean displacement shortest.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        cell: true lattice vectors as rows [num_graphs, dim, dim] or [dim, dim], in Å.
        cell_pred: predicted lattice vectors, of the same shape; None means the true ones.
        batch: graph of every node [num_nodes]; None means one graph.
        pbc: which lattice vectors repeat [num_graphs, dim] or [dim]; None means all.

    Returns:
        [num_nodes, dim], with the gradient of `pos_pred` and `cell_pred`.

    >>> unwrap(torch.tensor([[3.9, 0.0]]), torch.tensor([[0.0, 0.0]]), 4 * torch.eye(2)).round(
    ...     decimals=3
    ... )
    tensor([[-0.1000,  0.0000]])
    """
    dim, count = pos_pred.size(1), cell.numel() // cell.size(-1) ** 2
    lattice = (cell if cell_pred is None else cell_pred).to(pos_pred.dtype)
    graph = batch if batch is not None and count > 1 else None
    node = torch.zeros_like(pos_pred[:, 0], dtype=torch.long) if graph is None else graph
    lattice = lattice.reshape(-1, dim, dim).expand(count, dim, dim)[node]
    shift = unwrap_shift(
        pos_pred, pos_target, reduced_cells(cell, pbc), cell_pred=cell_pred, batch=graph
    )
    moved = pos_pred + (shift.to(pos_pred.dtype)[:, :, None] * lattice).sum(dim=1)
    away = graph_sum(moved.detach() - pos_target.to(moved.dtype), graph, count)
    away = away / graph_counts(moved, graph, count).clamp(min=1)[:, None]
    ends = torch.arange(2 * count, device=away.device).view(2, count)
    common = minimum_image(
        torch.cat([torch.zeros_like(away), away]), ends, cell, batch=ends.view(-1) % count, pbc=pbc
    )
    return moved + (common[node][:, :, None] * lattice).sum(dim=1)


def unwrap_shift(
    pos_pred: Tensor,
    pos_target: Tensor,
    reduced: ReducedCell,
    *,
    cell_pred: Tensor | None = None,
    batch: Tensor | None = None,
    present: NDArray[np.bool_] | None = None,
) -> Tensor:
    """Return the whole numbers of lattice vectors [num_nodes, dim] that `unwrap` adds.

    Args:
        pos_pred: predicted positions [num_nodes, dim].
        pos_target: true positions [num_nodes, dim].
        reduced: the true cells, from `reduced_cells`.
        cell_pred: predicted cells; None means the true ones.
        batch: graph of every node [num_nodes]; None means one graph.
        present: nodes that count [num_nodes]; None means all.
    """
    num_nodes, dim = pos_pred.shape
    graph = np.zeros(num_nodes, np.int64)
    if batch is not None and len(reduced.cell) > 1:
        graph = batch.cpu().numpy().astype(np.int64)
    pred, target = (p.detach().cpu().double().numpy() for p in (pos_pred, pos_target))
    inverse = reduced.inverse
    if cell_pred is not None:
        given = cell_pred.detach().cpu().double().numpy().reshape(-1, dim, dim)
        guess = np.where(reduced.repeats[:, :, None], reduced.change @ given, 0.0)
        finite = np.isfinite(guess).all(axis=(1, 2), keepdims=True)
        inverse = np.linalg.pinv(np.where(finite, guess, reduced.cell))
    fraction = np.einsum("na,nab->nb", pred, inverse[graph])
    delta = fraction - np.einsum("na,nab->nb", target, reduced.inverse[graph])
    delta = np.where(reduced.repeats[graph] & np.isfinite(delta), delta, 0.0)
    if present is None:
        present = np.ones(num_nodes, np.bool_)
    order = np.argsort(graph, kind="stable")
    stop = np.searchsorted(graph[order], np.arange(len(reduced.cell)), side="right")
    steps = np.array(list(itertools.product((0, -1, 1), repeat=dim)), np.float64)
    moved = compiled_or_plain(_whole)(
        delta[order], present[order], stop, reduced.cell, reduced.repeats, steps, _ORIGINS
    )
    shift = np.empty((num_nodes, dim), np.int64)
    shift[order] = moved
    shift = np.einsum("na,nab->nb", shift, reduced.change[graph])
    return torch.from_numpy(shift).to(pos_pred.device, compute_dtype(pos_pred))


def _whole(  # noqa: C901, PLR0912, PLR0915, PLR0917 - one loop nest, by position
    delta: NDArray[np.float64],
    present: NDArray[np.bool_],
    stop: NDArray[np.int64],
    cells: NDArray[np.float64],
    repeats: NDArray[np.bool_],
    steps: NDArray[np.float64],
    origins: int,
) -> NDArray[np.int64]:
    """Fractional displacements -> vectors of the reduced cell to add; nodes sorted by graph."""
    dim = delta.shape[1]
    best = np.zeros(delta.shape, np.int64)
    trial = np.zeros(delta.shape, np.int64)
    mean, rest, moved = np.zeros(dim), np.zeros(dim), np.zeros(dim)
    begin = 0
    for graph in range(len(stop)):
        end, cell = stop[graph], cells[graph]
        shortest = np.inf
        for axis in range(dim):
            if repeats[graph, axis]:
                length = 0.0
                for a in range(dim):
                    length += cell[axis, a] * cell[axis, a]
                shortest = min(shortest, length)
        count = 0
        for i in range(begin, end):
            count += present[i]
        stride = max(1, (end - begin + origins - 1) // origins)
        least = np.inf
        for origin in range(begin, end, stride):
            if not present[origin] or shortest == np.inf:
                continue
            cost, widest = 0.0, 0.0
            mean[:] = 0.0
            for i in range(begin, end):
                if not present[i]:
                    continue
                low = np.inf
                for step in range(len(steps)):
                    square = 0.0
                    valid = True
                    for axis in range(dim):
                        rest[axis] = delta[i, axis] - delta[origin, axis]
                        if repeats[graph, axis]:
                            rest[axis] += steps[step, axis] - np.rint(rest[axis])
                        elif steps[step, axis] != 0.0:
                            valid = False
                    if not valid:
                        continue
                    for a in range(dim):
                        component = 0.0
                        for axis in range(dim):
                            component += rest[axis] * cell[axis, a]
                        square += component * component
                    if square < low * (1.0 - 1e-9):
                        low = square
                        for axis in range(dim):
                            moved[axis] = rest[axis]
                for axis in range(dim):
                    mean[axis] += moved[axis] / count
                    trial[i, axis] = int(
                        np.rint(moved[axis] - delta[i, axis] + delta[origin, axis])
                    )
                cost += low
                widest = max(widest, low)
            # Sum of squares around the mean, not around the origin that was tried.
            for a in range(dim):
                component = 0.0
                for axis in range(dim):
                    component += mean[axis] * cell[axis, a]
                cost -= count * component * component
            if cost < least * (1.0 - 1e-9):
                least = cost
                for i in range(begin, end):
                    for axis in range(dim):
                        best[i, axis] = trial[i, axis]
            # Displacements this close together fit in no other way.
            if 16.0 * widest < shortest:
                break
        begin = end
    return best
