"""The relabellings of one molecule that leave its graph as it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from pyg_energyloss.symmetry.automorphisms import automorphism_generators
from pyg_energyloss.symmetry.group import (
    group_elements,
    group_factors,
    near_elements,
    random_elements,
)

#: Random elements of a group that is too large to list, beside those that move few nodes.
FAR = 128


@dataclass(frozen=True, slots=True)
class Images:
    """Automorphisms, as lists of the nodes that each of them moves.

    Attributes:
        moves: nodes and the nodes that they become [2, num_moves], image after image.
        length: number of moves of each image [num_images]; the identity comes first and has none.
        whole: whether all automorphisms are listed. Otherwise these are the elements of the
            factors of the group and a sample of it, steps for a descent.
    """

    moves: NDArray[np.int64]
    length: NDArray[np.int64]
    whole: bool


def molecule_images(colors: NDArray[np.int64], bonds: NDArray[np.int64]) -> Images:
    """Return the automorphisms of a molecular graph; found once for each graph and kept.

    Args:
        colors: what an automorphism must keep, elements for example [num_nodes].
        bonds: pairs of nodes [2, num_bonds], one direction or both.

    Raises:
        ImportError: igraph is missing.

    >>> water = molecule_images(np.array([8, 1, 1]), np.array([[0, 0], [1, 2]]))
    >>> water.length.tolist(), water.moves.tolist()
    ([0, 2], [[1, 2], [2, 1]])
    """
    kinds, edges = colors.astype(np.int64, copy=False), bonds.astype(np.int64, copy=False)
    return _found(kinds.tobytes(), edges.tobytes())


def as_images(permutations: NDArray[np.int64], *, whole: bool = True) -> Images:
    """Return permutations [num_images, num_nodes] as lists of moves.

    >>> as_images(np.array([[0, 1], [1, 0]])).length.tolist()
    [0, 2]
    """
    changed = permutations != np.arange(permutations.shape[1])
    moves = np.stack([np.nonzero(changed)[1], permutations[changed]])
    return Images(moves.astype(np.int64), changed.sum(axis=1).astype(np.int64), whole)


@lru_cache(maxsize=1 << 16)
def _found(colors: bytes, bonds: bytes) -> Images:
    kinds = np.frombuffer(colors, dtype=np.int64).copy()
    edges = np.frombuffer(bonds, dtype=np.int64).reshape(2, -1).copy()
    found = automorphism_generators(
        torch.from_numpy(edges), len(kinds), colors=torch.from_numpy(kinds)
    ).numpy()
    elements = group_elements(found)
    if elements is not None:
        return as_images(elements)
    steps = [np.arange(len(kinds))[None], random_elements(found, number=FAR)]
    for generators in group_factors(found):
        listed = group_elements(generators)
        steps.append(near_elements(generators) if listed is None else listed[1:])
    return as_images(np.concatenate(steps), whole=False)
