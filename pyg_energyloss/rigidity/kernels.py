"""Loops that numba compiles; without it the numpy versions do the same.

The arithmetic is that of the numpy versions, operation by operation, so that both choose the same
edges bit for bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.loops import compiled

__all__ = ["anchors", "compiled", "earlier", "frame", "nearest"]


def nearest(
    points: NDArray[np.float64], near: int, early: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Nearest points and nearest predecessors of every point, by brute force."""
    count, dim = points.shape
    any_index = np.zeros((count, near), np.int64)
    early_index = np.zeros((count, early), np.int64)
    any_square = np.empty(near)
    early_square = np.empty(early)
    for i in range(count):
        found, found_early = 0, 0
        for j in range(count):
            if j == i:
                continue
            square = 0.0
            for axis in range(dim):
                difference = points[i, axis] - points[j, axis]
                square += difference * difference
            if found < near or (near > 0 and square < any_square[found - 1]):
                at = min(found, near - 1)
                while at > 0 and any_square[at - 1] > square:
                    any_square[at] = any_square[at - 1]
                    any_index[i, at] = any_index[i, at - 1]
                    at -= 1
                any_square[at] = square
                any_index[i, at] = j
                found = min(found + 1, near)
            if j < i and (found_early < early or square < early_square[found_early - 1]):
                at = min(found_early, early - 1)
                while at > 0 and early_square[at - 1] > square:
                    early_square[at] = early_square[at - 1]
                    early_index[i, at] = early_index[i, at - 1]
                    at -= 1
                early_square[at] = square
                early_index[i, at] = j
                found_early = min(found_early + 1, early)
        for at in range(max(found_early, 1), early):
            early_index[i, at] = early_index[i, found_early - 1] if found_early else 0
    return any_index, early_index


def earlier(asked: NDArray[np.int64], found: NDArray[np.int64], early: NDArray[np.int64]) -> None:
    """Keep of the neighbours of every point those with a smaller index, the first ones."""
    for row in range(len(asked)):
        v, kept = asked[row], 0
        for u in found[row]:
            if u < v and kept < early.shape[1]:
                early[v, kept] = u
                kept += 1
        for at in range(kept, early.shape[1]):
            early[v, at] = early[v, kept - 1] if kept else 0


def frame(  # noqa: C901, PLR0912 - one loop nest; calls would hide the arithmetic
    points: NDArray[np.float64], tolerance: float
) -> NDArray[np.int64]:
    """Hubs of a structure; the numpy version is `frame.affine_frame`."""
    count, dim = points.shape
    hubs = np.empty(dim + 1, np.int64)
    if count == 0:
        return hubs[:0]
    rest = points.copy()
    limit, known = 0.0, 0
    for step in range(dim + 2):
        # Heights above the centroid, then above the span of the hubs so far.
        for axis in range(dim):
            if step == 0:
                origin = 0.0
                for v in range(count):
                    origin += rest[v, axis]
                origin /= count
            elif step == 1:
                origin = points[hubs[0], axis]
            else:
                break
            for v in range(count):
                rest[v, axis] = points[v, axis] - origin
        far, highest = 0, -1.0
        for v in range(count):
            square = 0.0
            for axis in range(dim):
                square += rest[v, axis] * rest[v, axis]
            if square > highest:
                far, highest = v, square
        height = np.sqrt(highest)
        if step == 1:
            limit = tolerance * height
        if step > 0 and height <= limit:
            break
        hubs[known] = far
        known += 1
        if known > dim:
            break
        if step > 0:
            direction = rest[far] / height
            for v in range(count):
                along = 0.0
                for axis in range(dim):
                    along += rest[v, axis] * direction[axis]
                for axis in range(dim):
                    rest[v, axis] -= along * direction[axis]
    return hubs[:known]


def anchors(  # noqa: C901, PLR0912 - one loop nest; calls would hide the arithmetic
    points: NDArray[np.float64], near: NDArray[np.int64], num_hubs: int, min_sine: float
) -> NDArray[np.int64]:
    """Anchors of every atom; the numpy version is `lateration.choose_anchors`."""
    count, width = near.shape
    dim = points.shape[1]
    total = width + num_hubs
    chosen = np.empty((count, num_hubs), np.int64)
    candidate = np.empty(total, np.int64)
    rest = np.empty((total, dim))
    square = np.empty(total)
    wanted = np.empty(total)
    axis = np.empty(dim)
    for v in range(count):
        for c in range(total):
            candidate[c] = near[v, c] if c < width else c - width
            square[c] = 0.0
            for a in range(dim):
                rest[c, a] = points[candidate[c], a] - points[candidate[0], a]
                square[c] += rest[c, a] * rest[c, a]
            wanted[c] = min_sine * min_sine * square[c] if square[c] > 0.0 else np.inf
        chosen[v, 0] = candidate[0]
        for step in range(1, num_hubs):
            pick = -1
            highest = 0
            for c in range(total):
                if square[c] >= wanted[c]:
                    pick = c
                    break
                if square[c] > square[highest]:
                    highest = c
            if pick < 0:
                pick = highest
            chosen[v, step] = candidate[pick]
            if step == num_hubs - 1:
                break
            length = np.sqrt(square[pick])
            for a in range(dim):
                axis[a] = rest[pick, a] / length
            for c in range(total):
                along = 0.0
                for a in range(dim):
                    along += rest[c, a] * axis[a]
                square[c] = 0.0
                for a in range(dim):
                    rest[c, a] -= along * axis[a]
                    square[c] += rest[c, a] * rest[c, a]
    return chosen
