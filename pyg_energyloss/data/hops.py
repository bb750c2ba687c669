"""Topological distances: how many bonds lie between two atoms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def hop_edges(
    edge_index: NDArray[np.int64], num_nodes: int, *, max_hops: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List all ordered pairs of nodes at most ``max_hops`` bonds apart, with that number.

    Works on many molecules at once when they are numbered one after the other.

    Args:
        edge_index: Bonds in both directions, [2, num_bonds].
        num_nodes: Number of nodes.
        max_hops: Largest topological distance to list, at least 1.

    Returns:
        Pairs [2, num_pairs], sorted by source, then target; and hops [num_pairs], 1 … max_hops.

    Raises:
        ValueError: ``max_hops`` is below 1.

    >>> pairs, hops = hop_edges(np.array([[0, 1, 1, 2], [1, 0, 2, 1]]), 3, max_hops=2)
    >>> pairs[:, hops == 2].tolist()
    [[0, 2], [2, 0]]
    """
    if max_hops < 1:
        raise ValueError(f"`max_hops` must be at least 1, got {max_hops}")
    import scipy.sparse as sp

    ones = np.ones(edge_index.shape[1], dtype=np.float32)
    bonds = sp.csr_array((ones, (edge_index[0], edge_index[1])), shape=(num_nodes, num_nodes))
    identity = sp.eye_array(num_nodes, dtype=np.float32, format="csr")
    reached = identity
    distance = sp.csr_array((num_nodes, num_nodes), dtype=np.int32)
    for hop in range(1, max_hops + 1):
        wider = reached @ bonds + reached
        wider.data[:] = 1
        new = (wider - reached).tocsr()
        new.eliminate_zeros()
        if new.nnz == 0:
            break
        distance = distance + new.astype(np.int32) * hop
        reached = wider
    found = distance.tocoo()
    row, col = found.coords
    order = np.lexsort((col, row))
    pairs = np.stack([row[order], col[order]]).astype(np.int64)
    return pairs, found.data[order].astype(np.int64)
