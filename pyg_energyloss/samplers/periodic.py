"""Which image of an atom is meant: integer shifts of periodic structures."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.samplers.base import Lattice


def neighbour_cells(lattice: Lattice) -> NDArray[np.int64]:
    """Shifts of the home cell and those around it along the repeated axes, home first."""
    ranges = [(0, -1, 1) if repeats else (0,) for repeats in lattice.pbc]
    return np.array(list(itertools.product(*ranges)), np.int64)


def nearest_image(
    pos: NDArray[np.floating], pairs: NDArray[np.int64], lattice: Lattice
) -> NDArray[np.int64]:
    """Shift [num_pairs, dim] that makes ``pos[j] - pos[i] + shift @ cell`` shortest.

    The vector is first wrapped in fractional coordinates, then compared with the cells around; in
    a very skewed cell that is not reduced, the image found is near but perhaps not the nearest.
    """
    cell = np.asarray(lattice.cell, np.float64)
    vector = np.asarray(pos[pairs[1]] - pos[pairs[0]], np.float64)
    fraction = vector @ np.linalg.inv(cell)
    wrap = np.where(np.asarray(lattice.pbc), -np.rint(fraction), 0.0).astype(np.int64)
    around = neighbour_cells(lattice)
    best = np.full(len(vector), np.inf)
    shift = wrap.copy()
    for step in around:
        square = ((vector + (wrap + step) @ cell) ** 2).sum(axis=1)
        # Ties go to the first image, so that rounding does not choose.
        closer = square < best * (1 - 1e-9) if step.any() else np.ones(len(vector), bool)
        best = np.where(closer, square, best)
        shift[closer] = (wrap + step)[closer]
    return shift
