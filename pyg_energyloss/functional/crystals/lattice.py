"""Cells of periodic structures: completed, reduced, and read from what a batch carries."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

#: Steps along two shorter vectors that Minkowski's conditions ask about.
_STEPS = (-1, 0, 1)
_SHORTER = 1 - 1e-10
#: Least sine at which vectors count as independent.
_FLAT = 1e-9


class ReducedCell(NamedTuple):
    """``cell`` = ``change`` @ the given cell, its repeated vectors as short as they can be.

    ``cell`` [num_cells, dim, dim]; ``change`` [num_cells, dim, dim], integers of determinant 1 or
    -1 among the repeated vectors, zero elsewhere; ``inverse`` [num_cells, dim, dim] gives
    fractional coordinates: ``vector @ inverse``; ``repeats`` [num_cells, dim].
    """

    cell: NDArray[np.float64]
    change: NDArray[np.int64]
    inverse: NDArray[np.float64]
    repeats: NDArray[np.bool_]


def reduce_cell(cell: NDArray[np.floating], repeats: NDArray[np.bool_]) -> ReducedCell:
    """Choose the shortest vectors that make the same lattice (Minkowski's conditions).

    Vectors along axes that do not repeat are replaced by unit vectors across those that do; they
    may be given as zero. Repeated vectors that are linearly dependent do not repeat at all.

    Args:
        cell: lattice vectors as rows [num_cells, dim, dim], any unit.
        repeats: which of them repeat [num_cells, dim].

    Returns:
        The reduced cells.

    Raises:
        ValueError: a vector that repeats is not finite.

    Example:
        >>> skewed = np.array([[[1.0, 0.0], [5.0, 1.0]]])
        >>> reduce_cell(skewed, np.ones((1, 2), bool)).cell[0].round(9).tolist()
        [[1.0, 0.0], [0.0, 1.0]]

    Source: Semaev, A 3-dimensional lattice reduction algorithm, CaLC 2001; in up to three
    dimensions vectors that no step of -1, 0, 1 along the shorter ones shortens are the shortest.
    """
    num_cells, dim = len(cell), cell.shape[-1]
    given = np.where(repeats[:, :, None], np.asarray(cell, np.float64), 0.0)
    if not np.isfinite(given).all():
        raise ValueError("`cell` must be finite along the axes that repeat, got NaN or infinity")
    size = np.linalg.norm(given, axis=2)
    repeats = repeats & _independent(given, size, repeats)[:, None]
    given = np.where(repeats[:, :, None], given, 0.0)
    change = np.where(repeats[:, :, None], np.eye(dim, dtype=np.int64), 0)
    found = given.copy()
    steps = np.array(list(itertools.product(_STEPS, repeat=dim - 1)), np.int64)
    busy = np.flatnonzero(repeats.sum(axis=1) > 1)
    while len(busy):
        moved = np.zeros(len(busy), bool)
        for axis in range(dim):
            others = [a for a in range(dim) if a != axis]
            moved |= _shorten(found, change, busy, axis, others, steps)
        busy = busy[moved]
    whole = found.copy()
    for index in np.flatnonzero(~repeats.all(axis=1)):
        flags = repeats[index]
        whole[index, ~flags] = np.linalg.svd(found[index, flags])[2][flags.sum() :]
    inverse = np.linalg.inv(whole) if num_cells else whole
    return ReducedCell(whole, change, inverse, repeats)


def _independent(
    cell: NDArray[np.float64], size: NDArray[np.float64], repeats: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    # Sine of the least angle; one below rounding means that the vectors do not span their space.
    unit = cell / np.where(size > 0.0, size, 1.0)[:, :, None]
    lowest = np.linalg.svd(unit, compute_uv=False) if len(cell) else np.zeros(cell.shape[:2])
    count = repeats.sum(axis=1)
    rank = np.count_nonzero(lowest > _FLAT, axis=1)
    found: NDArray[np.bool_] = rank == count
    return found


def _shorten(  # noqa: PLR0917 - arrays changed in place
    cell: NDArray[np.float64],
    change: NDArray[np.int64],
    busy: NDArray[np.int64],
    axis: int,
    others: list[int],
    steps: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Shorten one vector of each cell by the others, in place; tell which were shortened."""
    mine, rest = cell[busy, axis], cell[busy][:, others]
    square = (mine**2).sum(axis=1)
    length = (rest**2).sum(axis=2)
    along = np.einsum("ca,cka->ck", mine, rest)
    # A vector is only ever shortened by shorter ones, so that the first of a pair stays put.
    usable = (length > 0.0) & (length <= square[:, None])
    nearest = np.where(usable, -np.rint(along / np.where(length > 0.0, length, 1.0)), 0.0)
    trial = [nearest * np.eye(len(others))[k] for k in range(len(others))]
    trial += [np.broadcast_to(step, nearest.shape) * usable for step in steps]
    factor = np.stack(trial, axis=1).astype(np.int64)
    vector = mine[:, None] + np.einsum("ctk,cka->cta", factor, rest)
    best = (vector**2).sum(axis=2)
    pick = best.argmin(axis=1)
    row = np.arange(len(busy))
    shorter: NDArray[np.bool_] = best[row, pick] < square * _SHORTER
    chosen = busy[shorter]
    cell[chosen, axis] = vector[row, pick][shorter]
    change[chosen, axis] += np.einsum(
        "ck,cka->ca", factor[row, pick][shorter], change[chosen][:, others]
    )
    return shorter


def periodic_cell(data: Any, num_graphs: int, dim: int) -> tuple[Tensor, Tensor] | None:
    """Return the cells and the axes that repeat of a batch, None if there are no cells.

    The one rule for all of the library: a structure with ``data.cell`` repeats along all its axes,
    unless ``data.pbc`` says otherwise. A vector of zeros does not repeat, nor do vectors that are
    linearly dependent.

    Args:
        data: any object with ``cell`` and perhaps ``pbc``.
        num_graphs: structures of the batch.
        dim: dimension of space.

    Returns:
        ``cell`` [num_graphs, dim, dim] and ``pbc`` [num_graphs, dim], bool, on the same device.

    Raises:
        ValueError: a shape does not fit.

    Example:
        >>> from torch_geometric.data import Data
        >>> cell, pbc = periodic_cell(Data(cell=torch.eye(2)), 1, 2)
        >>> cell.shape, pbc.tolist()
        (torch.Size([1, 2, 2]), [[True, True]])
    """
    cell, pbc = getattr(data, "cell", None), getattr(data, "pbc", None)
    if cell is None:
        return None
    cell = torch.as_tensor(cell)
    if cell.shape[-1:] != (dim,) or cell.numel() not in (dim * dim, num_graphs * dim * dim):
        raise ValueError(
            f"`data.cell` must have shape [num_graphs, {dim}, {dim}] = "
            f"{(num_graphs, dim, dim)}, got {tuple(cell.shape)}"
        )
    cell = cell.reshape(-1, dim, dim).expand(num_graphs, dim, dim)
    there = (cell != 0).any(dim=2)
    if pbc is None:
        return cell, there
    flags = torch.as_tensor(pbc, device=cell.device).bool()
    if flags.numel() in (dim, num_graphs * dim):
        flags = flags.reshape(-1, dim)
    elif flags.numel() in (1, num_graphs):
        flags = flags.reshape(-1, 1)
    else:
        raise ValueError(
            f"`data.pbc` must have one flag per axis [num_graphs, {dim}] or one per structure, "
            f"got shape {tuple(flags.shape)} for {num_graphs} structures"
        )
    return cell, flags & there
