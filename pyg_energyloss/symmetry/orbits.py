"""Orbits of atoms and of pairs under a group that is given by generators."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor


def node_orbits(generators: Tensor) -> Tensor:
    """Number the orbits of the nodes: two nodes have one number if the group maps one to the other.

    Args:
        generators: permutations [num_generators, num_nodes].

    Returns:
        Orbit of each node [num_nodes], numbered by first appearance.

    Example:
        >>> node_orbits(torch.tensor([[2, 1, 0]])).tolist()
        [0, 1, 0]
    """
    images = check_generators(generators)
    return torch.from_numpy(_components(np.arange(images.shape[1]), images))


def pair_orbits(generators: Tensor) -> Tensor:
    """Number the orbits of all pairs of nodes, whichever way round [num_nodes, num_nodes].

    Entry (i, j) is the orbit of the pair {i, j}; the diagonal holds the orbits (i, i).

    Args:
        generators: permutations [num_generators, num_nodes].

    Example:
        >>> pair_orbits(torch.tensor([[2, 1, 0]])).tolist()
        [[0, 1, 2], [1, 3, 1], [2, 1, 0]]
    """
    images = check_generators(generators)
    count = images.shape[1]
    row, column = np.divmod(np.arange(count * count), count)
    # A pair and its reverse are one pair.
    moved = np.stack([column * count + row, *(g[row] * count + g[column] for g in images)])
    found = _components(np.arange(count * count), moved)
    return torch.from_numpy(found.reshape(count, count))


def close_pairs(pairs: NDArray[np.int64], images: NDArray[np.int64]) -> NDArray[np.int64]:
    """Close a set of pairs under a group: every image of every pair, each once.

    The frontier of new pairs is mapped by the generators until nothing new comes; the group, which
    may have 10^10 elements, is never enumerated.

    Args:
        pairs: [2, num_pairs].
        images: generators [num_generators, num_nodes].

    Returns:
        Pairs i < j [2, num_closed], sorted.
    """
    count = images.shape[1]
    known = np.unique(pair_key(pairs[0], pairs[1], count))
    new = known
    while len(new) and len(images):
        low, high = np.divmod(new, count)
        found = np.unique(np.concatenate([pair_key(g[low], g[high], count) for g in images]))
        new = np.setdiff1d(found, known, assume_unique=True)
        known = np.union1d(known, new)
    return np.stack(np.divmod(known, count))


def pair_key(i: NDArray[np.int64], j: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """One number per pair of nodes, whichever way round."""
    number: NDArray[np.int64] = np.minimum(i, j) * count + np.maximum(i, j)
    return number


def _components(items: NDArray[np.int64], moved: NDArray[np.int64]) -> NDArray[np.int64]:
    size = len(items)
    source = np.tile(items, len(moved))
    graph = csr_array((np.ones(len(source), np.int8), (source, moved.ravel())), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    _, first, place = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[place]


def check_generators(generators: Tensor) -> NDArray[np.int64]:
    """The generators as an array, after a look whether each row is a permutation."""
    images = generators.detach().cpu().numpy()
    if images.ndim != 2:  # noqa: PLR2004 - one row per generator
        raise ValueError(
            f"`generators` must have shape [num_generators, num_nodes], got {images.shape}"
        )
    if not np.array_equal(
        np.sort(images, axis=1), np.broadcast_to(np.arange(images.shape[1]), images.shape)
    ):
        raise ValueError("`generators` must be permutations of the nodes, one per row")
    return images
