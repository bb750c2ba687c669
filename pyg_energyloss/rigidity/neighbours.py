"""Nearest points and nearest earlier points, small structures by brute force, large by a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss import loops
from pyg_energyloss.rigidity import kernels

if TYPE_CHECKING:
    from pyg_energyloss.rigidity.tree import Tree

#: Up to this many points every distance is looked at.
DENSE_LIMIT = 512
#: Predecessors of the first 1 / LEVEL of the points are searched among these alone, and so on.
_LEVEL = 8


class Neighbours(NamedTuple):
    """Indices of nearest points [num_nodes, near] and of nearest earlier ones [num_nodes, early].

    Nearest first, ties by index. A row with too few predecessors repeats its last one; where there
    is none, point 0 stands in. ``tree`` is what `tree.plant` made of many points, if it did.
    """

    near: NDArray[np.int64]
    early: NDArray[np.int64]
    tree: Tree | None = None


def find_neighbours(points: NDArray[np.float64], *, near: int, early: int) -> Neighbours:
    """For each point its ``near`` nearest points and its ``early`` nearest predecessors.

    Exact up to `DENSE_LIMIT` points; beyond, predecessors are looked for among the 12 nearest
    neighbours only.

    Args:
        points: positions in the order of placement [num_nodes, dim], at least two.
        near: neighbours of any kind; 0 is allowed.
        early: neighbours with a smaller index, at least 1.
    """
    count = len(points)
    near, early = min(near, count - 1), min(early, count - 1)
    if count > DENSE_LIMIT:
        return _by_tree(points, near, early)
    if loops.available():
        return Neighbours(*kernels.compiled(kernels.nearest)(points, near, early))
    table = square_distances(points)
    index = np.arange(count)
    table[index, index] = np.inf
    nearest = np.argsort(table, axis=1, kind="stable")[:, :near]
    table[index >= index[:, None]] = np.inf
    earlier = np.argsort(table, axis=1, kind="stable")[:, :early]
    return Neighbours(nearest, _repeat_last(earlier, np.minimum(index, early)))


def square_distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """All squared distances [n, n], summed axis by axis as the compiled loop does."""
    table = np.zeros((len(points), len(points)))
    for axis in range(points.shape[1]):
        difference = points[:, axis, None] - points[None, :, axis]
        table += difference * difference
    return table


def _repeat_last(found: NDArray[np.int64], valid: NDArray[np.int64]) -> NDArray[np.int64]:
    last = np.maximum(valid, 1)[:, None] - 1
    column = np.minimum(np.arange(found.shape[1]), last)
    repeated = np.take_along_axis(found, column, axis=1)
    repeated[valid == 0] = 0
    return repeated


def _by_tree(points: NDArray[np.float64], near: int, early: int) -> Neighbours:
    count = len(points)
    width = min(max(near, early + early // 2), count - 1)
    compiled = loops.available() and points.shape[1] <= 3  # noqa: PLR2004 - as the tree
    nearest = np.zeros((count, near), np.int64)
    earlier = np.zeros((count, early), np.int64)
    planted, stop = None, count
    while stop > DENSE_LIMIT:
        # Asked in the order of the leaves, the tree stays in the cache.
        if compiled:
            tree, found = _ask_compiled(points[:stop], width)
            asked, planted = tree[0], planted or tree
        else:
            asked, found = _ask_scipy(points[:stop], width)
        if stop == count:
            nearest[asked] = found[:, :near]
        if compiled:
            kernels.compiled(kernels.earlier)(asked, found, earlier)
        else:
            before = found < asked[:, None]
            rank = np.argsort(~before, axis=1, kind="stable")[:, :early]
            valid = np.minimum(before.sum(axis=1), early)
            earlier[asked] = _repeat_last(np.take_along_axis(found, rank, axis=1), valid)
        stop //= _LEVEL
    head = find_neighbours(points[:stop], near=1, early=early)
    earlier[:stop, : head.early.shape[1]] = head.early
    earlier[:stop, head.early.shape[1] :] = head.early[:, -1:]
    return Neighbours(nearest, earlier, planted)


def _ask_compiled(points: NDArray[np.float64], width: int) -> tuple[Tree, NDArray[np.int64]]:
    from pyg_energyloss.rigidity.tree import in_space, plant
    from pyg_energyloss.rigidity.tree_nearest import nearest_of_all

    planted = plant(in_space(points))
    return planted, nearest_of_all(planted, width)


def _ask_scipy(
    points: NDArray[np.float64], width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    from scipy.spatial import cKDTree

    tree = cKDTree(points)
    asked: NDArray[np.int64] = tree.indices.astype(np.int64)
    found = tree.query(points[asked], k=width + 1)[1].astype(np.int64)
    # A point is its own nearest neighbour, unless others coincide with it.
    itself = found == asked[:, None]
    itself[~itself.any(axis=1), -1] = True
    return asked, found[~itself].reshape(len(asked), width)
