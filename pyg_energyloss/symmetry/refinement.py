"""Classes of nodes that look alike from where they stand: colour refinement."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]


def refined_colors(
    bonds: NDArray[np.int64],
    colors: NDArray[np.int64],
    *,
    bond_colors: NDArray[np.int64] | None = None,
) -> Keys:
    """Return a key for each node that equivalent nodes share, whatever the numbering.

    The key of a node is hashed from its colour and the keys of its neighbours until no class splits
    any more. Nodes with different keys are never exchanged by an automorphism; the converse holds
    for nearly all molecules. Many molecules can be treated at once when they are numbered one after
    the other; keys compare within a molecule.

    Args:
        bonds: each bond once, [num_bonds, 2].
        colors: colours of the nodes (elements), [num_nodes].
        bond_colors: colours of the bonds (bond types), [num_bonds].

    >>> methane = np.array([[0, 1], [0, 2], [0, 3], [0, 4]])
    >>> len(set(refined_colors(methane, np.array([6, 1, 1, 1, 9])).tolist()))
    3

    Source: Weisfeiler, Leman (1968); Morgan, J. Chem. Doc. 5, 107 (1965), for molecules.
    """
    both = np.concatenate([bonds, bonds[:, ::-1]])
    kinds = np.zeros(len(bonds), np.int64) if bond_colors is None else bond_colors
    kind = _mixed(np.concatenate([kinds, kinds]).astype(np.uint64))
    key = _mixed(colors.astype(np.uint64))
    classes = len(np.unique(key))
    while True:
        heard = np.zeros_like(key)
        np.add.at(heard, both[:, 0], _mixed(key[both[:, 1]] ^ kind))
        finer = _mixed(key + _mixed(heard))
        found = len(np.unique(finer))
        if found == classes:
            return key
        key, classes = finer, found


def _mixed(value: Keys) -> Keys:
    """Scatter 64 bits (the finaliser of splitmix64)."""
    with np.errstate(over="ignore"):
        mixed = value + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        out: Keys = mixed ^ (mixed >> np.uint64(31))
    return out
