"""Nearest points and points within reach by a k-d tree, compiled; importing it needs numba.

For at most three dimensions. SciPy's tree takes twice as long for the 12 nearest of every point,
and most of a draw was that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.loops import compiled

MAX_DIM = 3
Tree = tuple[
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.int64],
]
#: A leaf holds fewer points than this.
_LEAF = 24
#: A way down leaves one node a level on the stack.
_DEPTH = 64


def in_space(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points with zeros for the axes that they lack [num_nodes, 3]."""
    space = np.zeros((len(points), MAX_DIM))
    space[:, : points.shape[1]] = points
    return space


@compiled
def plant(points: NDArray[np.float64]) -> Tree:
    """Halve the points along their widest side until the leaves are small.

    Args:
        points: positions [num_nodes, 3], at least one.

    Returns:
        The points leaf by leaf, as indices [num_nodes] and as positions [num_nodes, 3]; of every
        box its lowest and highest corner [num_boxes, 3] and its first point and the one after its
        last [num_boxes]. The halves of box b are 2 b + 1 and 2 b + 2.
    """
    count = len(points)
    levels = 0
    while (count >> levels) >= _LEAF:
        levels += 1
    boxes = 2 ** (levels + 1) - 1
    order, moved = np.arange(count), points.copy()
    low, high = np.empty((boxes, 3)), np.empty((boxes, 3))
    start, stop = np.zeros(boxes, np.int64), np.zeros(boxes, np.int64)
    stop[0] = count
    for box in range(boxes):
        first, last = start[box], stop[box]
        side = 0
        for axis in range(3):
            least, most = np.inf, -np.inf
            for at in range(first, last):
                least, most = min(least, moved[at, axis]), max(most, moved[at, axis])
            low[box, axis], high[box, axis] = least, most
            if most - least > high[box, side] - low[box, side]:
                side = axis
        if 2 * box + 2 < boxes:
            middle = (first + last) // 2
            _split(order, moved, side, first, last, middle)
            start[2 * box + 1], stop[2 * box + 1] = first, middle
            start[2 * box + 2], stop[2 * box + 2] = middle, last
    return order, moved, low, high, start, stop


@compiled
def _split(  # noqa: PLR0917 - numba passes by position
    order: NDArray[np.int64],
    moved: NDArray[np.float64],
    side: int,
    start: int,
    stop: int,
    middle: int,
) -> None:
    # Hoare's selection: what comes before ``middle`` is at most what comes after.
    left, right = start, stop - 1
    while left < right:
        a, b, c = moved[left, side], moved[(left + right) // 2, side], moved[right, side]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = left, right
        while i <= j:
            while moved[i, side] < pivot:
                i += 1
            while moved[j, side] > pivot:
                j -= 1
            if i <= j:
                order[i], order[j] = order[j], order[i]
                for axis in range(3):
                    moved[i, axis], moved[j, axis] = moved[j, axis], moved[i, axis]
                i += 1
                j -= 1
        if middle <= j:
            right = j
        elif middle >= i:
            left = i
        else:
            return


@compiled
def _to_box(  # noqa: PLR0917
    x: float, y: float, z: float, low: NDArray[np.float64], high: NDArray[np.float64], box: int
) -> float:
    a = max(low[box, 0] - x, x - high[box, 0], 0.0)
    b = max(low[box, 1] - y, y - high[box, 1], 0.0)
    c = max(low[box, 2] - z, z - high[box, 2], 0.0)
    square: float = a * a + b * b + c * c
    return square


@compiled
def nearest(
    tree: Tree, slots: NDArray[np.int64], width: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Nearest other points, nearest first.

    Args:
        tree: what `plant` gives.
        slots: places in the tree of the points that ask [num_asked].
        width: how many, fewer than there are points.

    Returns:
        Indices [num_asked, width] and squared distances [num_asked, width].
    """
    order, moved, low, high, start, stop = tree
    index = np.empty((len(slots), width), np.int64)
    square = np.full((len(slots), width), np.inf)
    stack, reach = np.empty(_DEPTH, np.int64), np.empty(_DEPTH)
    for row in range(len(slots)):
        x, y, z = moved[slots[row], 0], moved[slots[row], 1], moved[slots[row], 2]
        limit = np.inf
        stack[0], reach[0], depth = 0, 0.0, 1
        while depth > 0:
            depth -= 1
            box = stack[depth]
            if reach[depth] >= limit:
                continue
            # Into the nearer half now, into the other one later, if at all.
            while 2 * box + 2 < len(low):
                left = _to_box(x, y, z, low, high, 2 * box + 1)
                right = _to_box(x, y, z, low, high, 2 * box + 2)
                if max(left, right) < limit:
                    stack[depth] = 2 * box + (2 if left <= right else 1)
                    reach[depth] = max(left, right)
                    depth += 1
                box = 2 * box + (1 if left <= right else 2)
            for at in range(start[box], stop[box]):
                value = (x - moved[at, 0]) ** 2
                value += (y - moved[at, 1]) ** 2
                value += (z - moved[at, 2]) ** 2
                if value >= limit or at == slots[row]:
                    continue
                place = width - 1
                while place > 0 and square[row, place - 1] > value:
                    square[row, place] = square[row, place - 1]
                    index[row, place] = index[row, place - 1]
                    place -= 1
                square[row, place], index[row, place] = value, order[at]
                limit = square[row, width - 1]
    return index, square


@compiled
def within(
    tree: Tree, slots: NDArray[np.int64], radius: float, most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], bool]:
    """Pairs of a point that asks and another one within reach, ``most`` at the most.

    Returns:
        Both ends, the one that asks first [num_pairs] each, and their distance [num_pairs]; and
        whether these are all.
    """
    order, moved, low, high, start, stop = tree
    asker, other = np.empty(most, np.int64), np.empty(most, np.int64)
    distance = np.empty(most)
    stack = np.empty(_DEPTH, np.int64)
    kept = 0
    for row in range(len(slots)):
        x, y, z = moved[slots[row], 0], moved[slots[row], 1], moved[slots[row], 2]
        stack[0], depth = 0, 1
        while depth > 0:
            depth -= 1
            box = stack[depth]
            if _to_box(x, y, z, low, high, box) > radius * radius:
                continue
            if 2 * box + 2 < len(low):
                stack[depth], stack[depth + 1] = 2 * box + 2, 2 * box + 1
                depth += 2
                continue
            for at in range(start[box], stop[box]):
                value = (x - moved[at, 0]) ** 2
                value += (y - moved[at, 1]) ** 2
                value += (z - moved[at, 2]) ** 2
                if value > radius * radius or at == slots[row]:
                    continue
                if kept == most:
                    return asker, other, distance, False
                asker[kept], other[kept] = order[slots[row]], order[at]
                distance[kept] = np.sqrt(value)
                kept += 1
    return asker[:kept], other[:kept], distance[:kept], True
