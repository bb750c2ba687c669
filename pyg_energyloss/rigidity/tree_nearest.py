"""Nearest points of all points of a k-d tree, a leaf at a time; importing it needs numba.

The points of a leaf share what they look at, which lies side by side in memory, so that distances
and ranks are computed in vector registers, where a walk through the tree per point compares one by
one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.loops import compiled
from pyg_energyloss.rigidity.tree import Tree, nearest

#: A box around a leaf with this many times as many points as are wanted says how far they are.
_AROUND = 3
#: More points than are wanted within that reach, below which it is not made shorter.
_SPARE = 4
#: Leaves that a leaf looks at; with more, each of its points walks through the tree by itself.
_LEAVES = 64
_DEPTH = 64


@compiled
def nearest_of_all(  # noqa: C901, PLR0912, PLR0915 - one loop nest that numba compiles
    tree: Tree, width: int
) -> NDArray[np.int64]:
    """Nearest other points of every point, nearest first; at a tie any of them.

    Args:
        tree: what `plant` gives.
        width: how many, fewer than there are points.

    Returns:
        Indices [num_nodes, width], in the order of the tree.
    """
    order, moved, low, high, start, stop = tree
    count, boxes = len(order), len(low)
    index = np.empty((count, width), np.int64)
    x, y, z = moved[:, 0].copy(), moved[:, 1].copy(), moved[:, 2].copy()
    stack, leaves = np.empty(_DEPTH, np.int64), np.empty(_LEAVES + 1, np.int64)
    corner, gap = np.empty((6, _LEAVES + 1)), np.empty(_LEAVES + 1)
    square, limit, near = np.empty(count), np.empty(count), np.empty(count)
    slot, ranked = np.empty(count, np.int64), np.empty(count, np.int64)
    for leaf in range((boxes - 1) // 2, boxes):
        around = leaf
        while around > 0 and stop[around] - start[around] < _AROUND * (width + 1):
            around = (around - 1) // 2
        most, reach = 0.0, 0.0
        for axis in range(3):
            most += (high[around, axis] - low[around, axis]) ** 2
        for at in range(start[leaf], stop[leaf]):
            length = stop[around] - start[around]
            _measure(x, y, z, at, start[around], length, square)
            limit[at] = _reach(square, length, width + 1, most)
            reach = max(reach, limit[at])
        leaves[0], stack[0], depth, found = around, 0, 1, 1
        while depth > 0 and found <= _LEAVES:
            depth -= 1
            box = stack[depth]
            if box == around or _between(low, high, leaf, box) >= reach:
                continue
            if 2 * box + 2 < boxes:
                stack[depth], stack[depth + 1] = 2 * box + 2, 2 * box + 1
                depth += 2
                continue
            leaves[found] = box
            found += 1
        if found > _LEAVES:
            alone = nearest(tree, np.arange(start[leaf], stop[leaf]), width)[0]
            for at in range(start[leaf], stop[leaf]):
                for i in range(width):
                    index[at, i] = alone[at - start[leaf], i]
            continue
        for i in range(found):
            for axis in range(3):
                corner[axis, i], corner[3 + axis, i] = low[leaves[i], axis], high[leaves[i], axis]
        for at in range(start[leaf], stop[leaf]):
            a, b, c, most = x[at], y[at], z[at], limit[at]
            for i in range(found):
                u = max(corner[0, i] - a, a - corner[3, i], 0.0)
                v = max(corner[1, i] - b, b - corner[4, i], 0.0)
                w = max(corner[2, i] - c, c - corner[5, i], 0.0)
                gap[i] = u * u + v * v + w * w
            kept = 0
            for i in range(found):
                if gap[i] > most:
                    continue
                first, length = start[leaves[i]], stop[leaves[i]] - start[leaves[i]]
                _measure(x, y, z, at, first, length, square)
                for j in range(length):
                    one = square[j]
                    near[kept], slot[kept] = one, first + j
                    kept += one <= most
            for i in range(kept):
                ranked[i] = -1
            for i in range(kept):
                rank = _below(near, kept, near[i])
                while ranked[rank] >= 0:  # a tie
                    rank += 1
                ranked[rank] = slot[i]
            filled, rank = 0, 0
            while filled < width:
                if ranked[rank] != at:
                    index[at, filled] = order[ranked[rank]]
                    filled += 1
                rank += 1
    return index


@compiled
def _measure(  # noqa: PLR0917 - numba passes by position
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    at: int,
    first: int,
    length: int,
    square: NDArray[np.float64],
) -> None:
    """Squared distances of a point from a run of points."""
    a, b, c = x[at], y[at], z[at]
    begin = np.uint64(first)  # known not to be negative, the loop uses vector registers
    for j in range(np.uint64(length)):
        one = begin + j
        square[j] = (a - x[one]) ** 2 + (b - y[one]) ** 2 + (c - z[one]) ** 2


@compiled
def _below(value: NDArray[np.float64], length: int, limit: float) -> int:
    """How many of the first values are less."""
    number = 0
    for j in range(length):
        number += value[j] < limit
    return number


@compiled
def _reach(square: NDArray[np.float64], length: int, wanted: int, most: float) -> float:
    """Something that little more than the wanted ones of some numbers do not exceed."""
    below, reach = 0.0, 1.001 * most
    for _ in range(40):
        middle = 0.5 * (below + reach)
        inside = _below(square, length, middle)
        if inside < wanted:
            below = middle
            continue
        reach = middle
        if inside <= wanted + _SPARE:
            break
    return reach


@compiled
def _between(low: NDArray[np.float64], high: NDArray[np.float64], one: int, other: int) -> float:
    """Squared distance of two boxes."""
    square = 0.0
    for axis in range(3):
        gap = max(low[one, axis] - high[other, axis], low[other, axis] - high[one, axis], 0.0)
        square += gap * gap
    return square
