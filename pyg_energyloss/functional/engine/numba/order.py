"""An order of the atoms of large graphs in which neighbours in space share a tile."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.functional.engine.numba.complete import LANES


def packed_order(points: NDArray[Any]) -> NDArray[np.int64]:
    """Return an order whose runs of a tile's length are compact in space.

    The atoms are cut into slabs along the first axis, those into bars along the second, and the
    bars are sorted along the third.

    Args:
        points: true positions [n, dim ≤ 3].

    >>> packed_order(np.array([[3.0], [1.0], [2.0]])).tolist()
    [1, 2, 0]
    """
    count, dim = points.shape
    order = np.argsort(points[:, 0], kind="stable")
    section, tiles = np.zeros(count, dtype=np.int64), max(1, -(-count // LANES))
    for axis in range(1, dim):
        parts = max(1, round(tiles ** (1 / (dim - axis + 1))))
        tiles = max(1, -(-tiles // parts))
        # Places inside each section, cut into runs of whole tiles.
        starts = np.searchsorted(section, section)
        section = section * (count + 1) + (np.arange(count) - starts) // (tiles * LANES)
        order = order[np.lexsort((points[order, axis], section))]
        section = np.unique(section, return_inverse=True)[1]
    return order
