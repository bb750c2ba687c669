"""Unsatisfied bonds of least total weight, by minimum-weight perfect matching.

Choosing the unsatisfied bonds is choosing edges of the dual graph (faces as nodes) that end in the
frustrated faces and nowhere else: a T-join. One of least weight is a minimum-weight perfect
matching of the frustrated faces, with shortest dual paths as distances.

Source: Bieche, Maynard, Rammal, Uhry, J. Phys. A 13, 2553 (1980); matching by PyMatching (Higgott,
Gidney, Quantum 9, 1600 (2025)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pyg_energyloss.spins.surface import Mask, Surface

#: Largest edge weight that PyMatching keeps exactly, as an integer.
MAX_WEIGHT = 2**24 - 1

Weights = NDArray[np.int64]
Fixed = Mapping[int, bool]


@dataclass(frozen=True)
class Join:
    """A set of unsatisfied bonds and its total weight."""

    mask: Mask
    weight: int


@dataclass(frozen=True)
class Frustration:
    """What a set of unsatisfied bonds must meet: the parity at every face and along every loop."""

    surface: Surface
    faces: NDArray[np.uint8]
    loops: tuple[bool, ...]

    @classmethod
    def of(cls, surface: Surface, negative: Mask) -> Frustration:
        """Return the parities for couplings that are negative at ``negative``."""
        faces = (surface.faces.astype(np.int64) @ negative % 2).astype(np.uint8)
        loops = tuple(bool(negative[loop].sum() % 2) for loop in surface.loops)
        return cls(surface, faces, loops)

    def violated_loop(self, mask: Mask) -> Mask | None:
        """Return a loop along which ``mask`` has the wrong parity, or None."""
        for loop, odd in zip(self.surface.loops, self.loops, strict=True):
            if bool(mask[loop].sum() % 2) != odd:
                return loop
        return None


def relaxed_join(frustration: Frustration, weight: Weights, fixed: Fixed) -> Join | None:
    """Return a least-weight set that meets the parity of the faces, whatever the loops say.

    Args:
        frustration: parities to meet.
        weight: non-negative integers below 2^24, [num_bonds].
        fixed: bonds that must be in the set (True) or out of it (False).

    Returns:
        The set, or None if the fixed bonds leave none.
    """
    matching = _pymatching()
    faces = frustration.surface.faces
    mask = np.zeros(len(weight), dtype=bool)
    free = np.diff(faces.indptr) > 0
    for bond, chosen in fixed.items():
        free[bond] = False
        mask[bond] = chosen
    syndrome = frustration.faces
    if mask.any():
        syndrome = ((syndrome + faces.astype(np.int64) @ mask) % 2).astype(np.uint8)
    bonds = np.flatnonzero(free)
    if len(bonds) == 0 or not syndrome.any():
        # Weights are not negative, so that the empty set is the lightest one.
        return None if syndrome.any() else Join(mask, int(weight[mask].sum()))
    columns = faces if len(bonds) == faces.shape[1] else faces[:, bonds]
    graph = matching.Matching.from_check_matrix(columns, weights=weight[bonds].astype(float))
    try:
        mask[bonds] = graph.decode(syndrome)[: len(bonds)].astype(bool)
    except ValueError:
        if _feasible(columns, syndrome):
            raise
        return None
    return Join(mask, int(weight[mask].sum()))


def _feasible(columns: sparse.csc_matrix, syndrome: NDArray[np.uint8]) -> bool:
    """Tell whether every connected part of the dual graph holds an even number of odd faces."""
    _, part = sparse.csgraph.connected_components(columns.astype(np.int64) @ columns.T)
    return not bool((np.bincount(part, syndrome) % 2).any())


def _pymatching():  # type: ignore[no-untyped-def]  # noqa: ANN202 - a module without stubs
    try:
        import pymatching
    except ImportError as error:
        raise ImportError(
            "exact ground states need PyMatching; pip install 'pyg-energyloss[spins]'"
        ) from error
    return pymatching
