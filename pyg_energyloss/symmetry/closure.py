"""Edge sets closed under the automorphisms of a graph."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from pyg_energyloss.symmetry.orbits import check_generators, close_pairs, pair_key


def close_edges(edge_index: Tensor, generators: Tensor) -> Tensor:
    """Add the images of every edge under the group that the generators make.

    With a closed edge set, equivalent atoms have equivalent springs in this very draw, as the
    paper's symmetrised variant asks (equation 57). Redrawn edges do not need it: their mean
    treats equivalent atoms alike anyway.

    Args:
        edge_index: [2, num_edges], one direction or both.
        generators: permutations [num_generators, num_nodes] (`automorphism_generators`).

    Returns:
        Edges in both directions [2, num_closed].

    Raises:
        ValueError: ``generators`` are not permutations, or an edge names a node they lack.

    Example:
        >>> close_edges(torch.tensor([[0], [1]]), torch.tensor([[2, 1, 0]])).tolist()
        [[0, 1, 1, 2], [1, 2, 0, 1]]
    """
    images = check_generators(generators)
    pairs = edge_index.detach().cpu().numpy()
    if pairs.size and pairs.max() >= images.shape[1]:
        raise ValueError(
            f"`edge_index` names node {pairs.max()}, but `generators` permute {images.shape[1]}"
        )
    closed = torch.from_numpy(close_pairs(pairs, images))
    return torch.cat([closed, closed.flip(0)], dim=1).to(edge_index.device)


def spread_weights(
    pairs: NDArray[np.int64], weight: NDArray[np.float64], images: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Close weighted pairs under a group and spread each orbit's weight evenly over it.

    This is the average of the drawn energy over the group, without going through the group: it is
    invariant for every draw, and where the mean weight of each pair was 1 it still is.

    Args:
        pairs: each pair once [2, num_pairs].
        weight: weight of each pair [num_pairs].
        images: generators [num_generators, num_nodes].

    Returns:
        Closed pairs i < j [2, num_closed] and their weights.

    Example:
        >>> flip = np.array([[2, 1, 0]])
        >>> spread_weights(np.array([[0], [1]]), np.array([3.0]), flip)[1].tolist()
        [1.5, 1.5]
    """
    closed = close_pairs(pairs, images)
    count, size = images.shape[1], closed.shape[1]
    known = pair_key(closed[0], closed[1], count)
    moved = [np.searchsorted(known, pair_key(g[closed[0]], g[closed[1]], count)) for g in images]
    source = np.tile(np.arange(size), len(moved))
    target = np.concatenate([np.empty(0, np.int64), *moved])
    graph = csr_array((np.ones(len(source), np.int8), (source, target)), shape=(size, size))
    num_orbits, orbit = connected_components(graph, directed=False)
    place = orbit[np.searchsorted(known, pair_key(pairs[0], pairs[1], count))]
    total = np.bincount(place, weight, num_orbits) / np.bincount(orbit, minlength=num_orbits)
    return closed, total[orbit]
