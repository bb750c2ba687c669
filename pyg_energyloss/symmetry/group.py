"""A permutation group from its generators: all elements if they are few, and its factors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

#: Groups up to this order are searched exhaustively.
MAX_GROUP = 512


def group_elements(
    generators: NDArray[np.int64], *, limit: int = MAX_GROUP
) -> NDArray[np.int64] | None:
    """Return all elements of the group that permutations generate.

    Args:
        generators: permutations [num_generators, num_nodes]; none means the identity alone.
        limit: order beyond which no list is made.

    Returns:
        Permutations [order, num_nodes], the identity first, or None if there are more than `limit`.

    >>> group_elements(np.array([[1, 2, 0]])).tolist()
    [[0, 1, 2], [1, 2, 0], [2, 0, 1]]
    """
    identity = np.arange(generators.shape[1])[None]
    seen = {identity.tobytes()}
    elements = [identity]
    frontier = identity
    while len(frontier) and len(generators):
        products = generators[:, frontier].reshape(-1, identity.shape[1])
        fresh = []
        for element in products:
            key = element.tobytes()
            if key not in seen:
                seen.add(key)
                fresh.append(element)
        if len(seen) > limit:
            return None
        frontier = np.array(fresh, dtype=np.int64).reshape(-1, identity.shape[1])
        elements.append(frontier)
    return np.concatenate(elements)


def group_factors(generators: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Split generators into sets that move different nodes; the group is their direct product.

    Args:
        generators: permutations [num_generators, num_nodes].

    >>> [part.tolist() for part in group_factors(np.array([[1, 0, 2, 3], [0, 1, 3, 2]]))]
    [[[1, 0, 2, 3]], [[0, 1, 3, 2]]]
    """
    moved = csr_array(generators != np.arange(generators.shape[1]))
    number, label = connected_components(moved @ moved.T, directed=False)
    return [generators[label == part] for part in range(number)]


def near_elements(generators: NDArray[np.int64], *, number: int = MAX_GROUP) -> NDArray[np.int64]:
    """Return elements of a large group that move few nodes, steps for a search.

    The conjugates of the generators (the exchange of two hydrogens in each methyl group, not in
    one), and those products of two of them that move the fewest.

    Args:
        generators: permutations [num_generators, num_nodes].
        number: at most so many of each kind.

    Returns:
        Permutations [num_elements, num_nodes] without repetition.

    >>> near_elements(np.array([[1, 2, 0]])).tolist()
    [[1, 2, 0], [2, 0, 1]]
    """
    near = conjugates(generators, limit=number)
    products = np.unique(near[:, near[:128]].reshape(-1, near.shape[1]), axis=0)
    moved = (products != np.arange(near.shape[1])).sum(axis=1)
    products = products[np.argsort(moved, kind="stable")[:number]]
    return np.unique(np.concatenate([near, products]), axis=0)


def random_elements(
    generators: NDArray[np.int64], *, number: int, seed: int = 0
) -> NDArray[np.int64]:
    """Return random elements of a group [number, num_nodes], by random walks along generators.

    Args:
        generators: permutations [num_generators, num_nodes].
        number: how many; the same seed gives the same ones.
        seed: of the generator that draws them.

    >>> np.unique(random_elements(np.array([[1, 0]]), number=12), axis=0).tolist()
    [[0, 1], [1, 0]]
    """
    rng = np.random.default_rng(seed)
    walkers = np.tile(np.arange(generators.shape[1]), (number, 1))
    for _ in range(4 * len(generators)):
        step = generators[rng.integers(len(generators), size=number)]
        rest = rng.integers(2, size=(number, 1)) == 0  # so that odd and even lengths both occur
        walkers = np.where(rest, walkers, np.take_along_axis(walkers, step, axis=1))
    return walkers


def conjugates(generators: NDArray[np.int64], *, limit: int = MAX_GROUP) -> NDArray[np.int64]:
    """Return the generators and what they become under exchanges of the group, at most `limit`.

    >>> conjugates(np.array([[1, 0, 2], [0, 2, 1]])).tolist()
    [[0, 2, 1], [1, 0, 2], [2, 1, 0]]
    """
    inverse = np.argsort(generators, axis=1)
    known = new = np.unique(generators, axis=0)
    while len(new) and len(known) < limit:
        turned = [g[new[:, back]] for g, back in zip(generators, inverse, strict=True)]
        more = np.unique(np.concatenate([known, *turned]), axis=0)
        seen = {element.tobytes() for element in known}
        new = np.array([e for e in more if e.tobytes() not in seen], dtype=np.int64)
        new = new.reshape(-1, known.shape[1])
        known = np.concatenate([known, new])
    return known[:limit] if len(known) > limit else np.unique(known, axis=0)
