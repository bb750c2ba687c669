"""Tight lateration: at most dim + 1 edges per atom that fix a structure at its own placement."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.rigidity.frame import TOLERANCE, affine_frame

#: An anchor is welcome if it leaves the span of the earlier ones under this sine or more.
MIN_SINE = 0.3


class Lateration(NamedTuple):
    """``order`` [num_nodes]: atoms as they are placed; ``pairs`` [2, num_pairs]: each once."""

    order: NDArray[np.int64]
    pairs: NDArray[np.int64]


def laterate(
    pos: NDArray[np.floating], *, num_candidates: int = 8, tolerance: float = TOLERANCE
) -> Lateration:
    """Join every atom to earlier atoms that span the whole structure, the nearest that do so well.

    The hubs of `affine_frame` come first, all joined to each other; the others follow in their
    own order, each joined to as many anchors as there are hubs. An anchor is the nearest earlier
    atom that leaves the span of the anchors before it under a decent angle, else the highest above
    that span, hubs included, so the anchors always span what the structure spans.

    The framework is then universally rigid at this very placement, degenerate or not: distances to
    points that span the structure fix a point's projection and its height, so by induction any
    placement in any dimension with these edge lengths is congruent to ``pos``.

    No atom waits for another's choice, so all are done at once.

    Args:
        pos: positions [num_nodes, dim], any length unit.
        num_candidates: nearest earlier atoms that are looked at, besides the hubs.
        tolerance: heights below this share of the extent count as zero.

    Returns:
        The order of placement and the pairs.

    Example:
        >>> import numpy as np
        >>> line = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0]])
        >>> laterate(line).pairs.shape  # in one dimension, two anchors per atom
        (2, 5)

    Source: Alfakih, Taheri, Ye, arXiv 1009.1185, for general position; the induction above drops
    that condition.
    """
    num_nodes = len(pos)
    hubs, _ = affine_frame(pos, tolerance=tolerance)
    num_hubs = len(hubs)
    order = placement_order(num_nodes, hubs)
    column, row = np.triu_indices(num_hubs, 1)
    if num_nodes > num_hubs:
        points = np.ascontiguousarray(pos[order], dtype=np.float64)
        near = nearest_earlier(points, num_hubs, num_candidates)
        anchors = choose_anchors(points, near, num_hubs)
        row = np.concatenate([row, np.repeat(np.arange(num_hubs, num_nodes), num_hubs)])
        column = np.concatenate([column, anchors.ravel()])
    return Lateration(order, order[np.stack([row, column])])


def placement_order(num_nodes: int, hubs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The hubs, then the other atoms in their own order [num_nodes]."""
    others = np.ones(num_nodes, bool)
    others[hubs] = False
    return np.concatenate([hubs, np.flatnonzero(others)])


def nearest_earlier(
    points: NDArray[np.float64], start: int, num_candidates: int
) -> NDArray[np.int64]:
    """For each point from ``start`` on, its nearest predecessors, nearest first.

    Args:
        points: positions in the order of placement [num_nodes, dim].
        start: first point that is asked about.
        num_candidates: predecessors per point; where there are fewer, the last one repeats.

    Returns:
        Indices [num_nodes - start, num_candidates].
    """
    num_nodes = len(points)
    width = min(num_candidates, num_nodes - 1)
    square = np.einsum("ij,ij->i", points, points)
    # Squared distances up to a constant per row, which the ranking does not see.
    key = square - 2.0 * (points[start:] @ points.T)
    late = np.arange(num_nodes) >= np.arange(start, num_nodes)[:, None]
    key[late] = np.inf
    found = np.argsort(key, axis=1, kind="stable")[:, :width]
    last = np.minimum(np.arange(start, num_nodes), width) - 1
    return np.take_along_axis(found, np.minimum(np.arange(width), last[:, None]), axis=1)


def choose_anchors(
    points: NDArray[np.float64], near: NDArray[np.int64], num_hubs: int
) -> NDArray[np.int64]:
    """Choose ``num_hubs`` affinely independent anchors per atom [num_atoms, num_hubs].

    Args:
        points: positions in the order of placement, the hubs first [num_nodes, dim].
        near: candidates per atom, in order of preference [num_atoms, num_candidates].
        num_hubs: how many hubs there are.

    Returns:
        Anchors of each atom, the nearest first.
    """
    hubs = np.broadcast_to(np.arange(num_hubs), (len(near), num_hubs))
    candidates = np.concatenate([near, hubs], axis=1)
    rows = np.arange(len(near))
    rest = points[candidates]
    rest = rest - rest[:, :1]
    square = np.einsum("ijk,ijk->ij", rest, rest)
    wanted = MIN_SINE**2 * square
    # A candidate on top of the first anchor has no direction; it must not pass as a welcome one.
    wanted[square == 0.0] = np.inf
    anchors = [candidates[:, 0]]
    for step in range(1, num_hubs):
        good = square >= wanted
        pick = np.where(good.any(axis=1), good.argmax(axis=1), square.argmax(axis=1))
        anchors.append(candidates[rows, pick])
        if step == num_hubs - 1:
            break
        axis = rest[rows, pick]
        axis = axis / np.sqrt(square[rows, pick])[:, None]
        rest = rest - np.einsum("ijk,ik->ij", rest, axis)[:, :, None] * axis[:, None]
        square = np.einsum("ijk,ijk->ij", rest, rest)
    return np.stack(anchors, axis=1)
