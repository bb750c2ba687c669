"""Tight lateration of many structures in one compiled pass; importing it needs numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.loops import compiled
from pyg_energyloss.rigidity import kernels
from pyg_energyloss.rigidity.frame import TOLERANCE
from pyg_energyloss.rigidity.lateration import MIN_SINE, laterate
from pyg_energyloss.rigidity.neighbours import DENSE_LIMIT

_frame = compiled(kernels.frame)
_nearest = compiled(kernels.nearest)
_anchors = compiled(kernels.anchors)


def laterate_flat(
    points: NDArray[np.float64],
    bounds: NDArray[np.int64],
    wanted: NDArray[np.bool_] | None = None,
    *,
    near: int = 0,
    num_candidates: int = 8,
    tolerance: float = TOLERANCE,
) -> NDArray[np.int64]:
    """Join every atom to its anchors and nearest neighbours; see `laterate` for the construction.

    Args:
        points: positions [num_nodes, dim], finite, structure by structure.
        bounds: first node of each structure and the end [num_graphs + 1].
        wanted: which structures [num_graphs]; None means all.
        near: nearest neighbours to join each atom to.
        num_candidates: nearest earlier atoms that are looked at, besides the hubs.
        tolerance: heights below this share of a structure's extent count as zero.

    Returns:
        Pairs of nodes [2, num_pairs]; with neighbours a pair may be repeated.

    Example:
        >>> points = np.array([[0.0], [1.0], [3.0], [0.0], [2.0]])
        >>> pairs = laterate_flat(points, np.array([0, 3, 5]))
        >>> sorted(map(sorted, pairs.T.tolist()))
        [[0, 1], [0, 2], [1, 2], [3, 4]]
    """
    small = np.diff(bounds) <= DENSE_LIMIT
    wanted = np.ones(len(small), np.bool_) if wanted is None else wanted
    found = [_small(points, bounds, wanted & small, near, num_candidates, tolerance)]
    for graph in np.flatnonzero(wanted & ~small):
        start, stop = bounds[graph], bounds[graph + 1]
        one = laterate(
            points[start:stop], near=near, num_candidates=num_candidates, tolerance=tolerance
        )
        joined = np.stack([np.repeat(one.order, one.near.shape[1]), one.near.ravel()])
        found += [one.pairs + start, joined + start]
    return found[0] if len(found) == 1 else np.concatenate(found, axis=1)


@compiled
def _small(  # noqa: PLR0917 - numba passes by position
    points: NDArray[np.float64],
    bounds: NDArray[np.int64],
    wanted: NDArray[np.bool_],
    near: int,
    num_candidates: int,
    tolerance: float,
) -> NDArray[np.int64]:
    num_hubs = points.shape[1] + 1
    pairs = np.empty((2, len(points) * (near + num_hubs)), np.int64)
    kept = 0
    for graph in range(len(bounds) - 1):
        first, last = bounds[graph], bounds[graph + 1]
        count = last - first
        if count < 2 or not wanted[graph]:  # noqa: PLR2004 - no pair
            continue
        own = points[first:last]
        hubs = _frame(own, tolerance)
        order = np.empty(count, np.int64)
        other = np.ones(count, np.bool_)
        order[: len(hubs)] = hubs
        other[hubs] = False
        order[len(hubs) :] = np.flatnonzero(other)
        placed = own[order]
        closest, early = _nearest(placed, min(near, count - 1), min(num_candidates, count - 1))
        anchors = _anchors(placed, early[len(hubs) :].copy(), len(hubs), MIN_SINE)
        for v in range(count):
            for at in range(min(v, len(hubs))):
                pairs[0, kept] = first + order[v]
                pairs[1, kept] = first + order[at if v < len(hubs) else anchors[v - len(hubs), at]]
                kept += 1
            for u in closest[v]:
                pairs[0, kept], pairs[1, kept] = first + order[v], first + order[u]
                kept += 1
    return pairs[:, :kept]
