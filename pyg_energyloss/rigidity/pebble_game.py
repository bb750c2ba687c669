"""The (2, 3) pebble game: exact rigidity in the plane by integers alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss import loops
from pyg_energyloss.rigidity import kernels


def count_independent(pairs: NDArray[np.int64], num_nodes: int) -> int:
    """Rank of the graph's generic rigidity matrix in two dimensions.

    Every node has two pebbles; an edge is independent if four can be gathered on its ends, and
    then takes one. At most O(n m) steps.

    Args:
        pairs: each pair once [2, num_pairs].
        num_nodes: number of nodes n.

    Returns:
        Number of independent edges, 2 n - 3 if the graph is rigid.

    Raises:
        TypeError: `pairs` are not integers.
        ValueError: `pairs` are not [2, num_pairs], or name a node that does not exist.

    Example:
        >>> count_independent(np.array([[0, 1, 0], [1, 2, 2]]), 3)
        3

    Source: Jacobs, Hendrickson, J. Comput. Phys. 137, 346 (1997); Lee, Streinu, arXiv
    math/0702129.
    """
    pairs = np.asarray(pairs)
    if not np.issubdtype(pairs.dtype, np.integer):
        raise TypeError(f"`pairs` must be integers [2, num_pairs], got {pairs.dtype}")
    if pairs.ndim != 2 or len(pairs) != 2:  # noqa: PLR2004 - [2, num_pairs]
        raise ValueError(f"`pairs` must have shape [2, num_pairs], got {pairs.shape}")
    if pairs.size and not 0 <= pairs.min() <= pairs.max() < num_nodes:
        raise ValueError(
            f"`pairs` must be between 0 and num_nodes - 1 = {num_nodes - 1}, "
            f"got {pairs.min()} to {pairs.max()}"
        )
    pairs = pairs.astype(np.int64, copy=False)
    if num_nodes < 2:  # noqa: PLR2004 - no pair
        return 0
    play = kernels.compiled(_play) if loops.available() else _play
    return int(play(np.ascontiguousarray(pairs), num_nodes, 2 * num_nodes - 3))


def _play(  # noqa: C901, PLR0912 - one loop nest that numba compiles
    pairs: NDArray[np.int64], num_nodes: int, enough: int
) -> int:
    # pebble[v] holds the far ends of the edges v has paid for, -1 for a pebble still free.
    pebble = np.full((num_nodes, 2), -1, np.int64)
    seen = np.zeros(num_nodes, np.int64)
    parent = np.zeros(num_nodes, np.int64)
    stack = np.empty(num_nodes, np.int64)
    stamp, independent = 0, 0
    for edge in range(pairs.shape[1]):
        u, v = pairs[0, edge], pairs[1, edge]
        stuck = False
        while not stuck:
            free = 0
            for k in range(2):
                free += int(pebble[u, k] < 0) + int(pebble[v, k] < 0)
            if free == 4:  # noqa: PLR2004 - two on each end
                break
            stuck = True
            for side in range(2):
                root = u if side == 0 else v
                other = v if side == 0 else u
                if pebble[root, 0] < 0 and pebble[root, 1] < 0:
                    continue
                # Follow paid edges from root to a free pebble elsewhere, then turn the path round.
                stamp += 1
                seen[root] = stamp
                seen[other] = stamp
                stack[0] = root
                depth, goal = 1, -1
                while depth > 0 and goal < 0:
                    depth -= 1
                    at = stack[depth]
                    for k in range(2):
                        to = pebble[at, k]
                        if to >= 0 and seen[to] != stamp:
                            seen[to] = stamp
                            parent[to] = at
                            if pebble[to, 0] < 0 or pebble[to, 1] < 0:
                                goal = to
                                break
                            stack[depth] = to
                            depth += 1
                if goal >= 0:
                    while goal != root:
                        back = parent[goal]
                        slot = 0 if pebble[goal, 0] < 0 else 1
                        pebble[goal, slot] = back
                        slot = 0 if pebble[back, 0] == goal else 1
                        pebble[back, slot] = -1
                        goal = back
                    stuck = False
                    break
        if not stuck:
            slot = 0 if pebble[u, 0] < 0 else 1
            pebble[u, slot] = v
            independent += 1
            if independent == enough:
                break
    return independent
