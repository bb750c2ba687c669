"""Nearest neighbours in many structures in one compiled pass; importing it needs numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.loops import compiled
from pyg_energyloss.rigidity import kernels
from pyg_energyloss.rigidity.neighbours import DENSE_LIMIT, find_neighbours

_nearest = compiled(kernels.nearest)


def nearest_flat(
    points: NDArray[np.float64], bounds: NDArray[np.int64], near: int
) -> NDArray[np.int64]:
    """Every atom with its ``near`` nearest ones of the same structure.

    Args:
        points: positions [num_nodes, dim], structure by structure.
        bounds: first node of each structure and the end [num_graphs + 1].
        near: neighbours per atom.

    Returns:
        Pairs of nodes [2, num_pairs]; two that are nearest to each other come twice.

    Example:
        >>> points = np.array([[0.0], [1.0], [3.0], [0.0], [2.0]])
        >>> nearest_flat(points, np.array([0, 3, 5]), 1).T.tolist()
        [[0, 1], [1, 0], [2, 1], [3, 4], [4, 3]]
    """
    found = [_small(points, bounds, near, DENSE_LIMIT)]
    for graph in np.flatnonzero(np.diff(bounds) > DENSE_LIMIT):
        start, stop = bounds[graph], bounds[graph + 1]
        partner = find_neighbours(points[start:stop], near=near, early=1).near
        node = np.repeat(np.arange(stop - start), partner.shape[1])
        found.append(np.stack([node, partner.ravel()]) + start)
    return np.concatenate(found, axis=1)


@compiled
def _small(
    points: NDArray[np.float64], bounds: NDArray[np.int64], near: int, limit: int
) -> NDArray[np.int64]:
    pairs = np.empty((2, len(points) * near), np.int64)
    kept = 0
    for graph in range(len(bounds) - 1):
        first, last = bounds[graph], bounds[graph + 1]
        if last - first < 2 or last - first > limit:  # noqa: PLR2004 - no pair
            continue
        partner, _ = _nearest(points[first:last], min(near, last - first - 1), 1)
        for v in range(last - first):
            for u in partner[v]:
                pairs[0, kept], pairs[1, kept] = first + v, first + u
                kept += 1
    return pairs[:, :kept]
