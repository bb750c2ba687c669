"""The inertia of the sticks: uniform rods that move and turn with their two nodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from pyg_energyloss_springs.grid import Grid


def stick_mass(grids: Sequence[Grid], *, mass: float = 1.0) -> Tensor:
    """Assemble the mass matrix of uniform sticks.

    A stick of mass m with end velocities v, w has the kinetic energy
    m/8 (v + w)^2 + m/24 (v - w)^2 = m/6 (v^2 + v w + w^2).

    Args:
        grids: one per group of features.
        mass: of each stick; every line of a grid is made of sticks.

    Returns:
        M [num_nodes, num_nodes], float64, positive definite; the kinetic energy is v.M.v/2.

    Raises:
        ValueError: `mass` is not positive.

    >>> stick_mass([Grid((0,), (0.0,), (1.0,), (1,))], mass=6.0)
    tensor([[2., 1.],
            [1., 2.]], dtype=torch.float64)

    Source: arXiv 2508.19015, translation and rotation of the sticks at small slopes.
    """
    if not mass > 0:
        raise ValueError(f"`mass` must be positive, got {mass}")
    total, offset = sum(grid.num_nodes for grid in grids), 0
    matrix = np.zeros((total, total))
    for grid in grids:
        number = np.arange(offset, offset + grid.num_nodes).reshape(grid.shape)
        for axis, length in enumerate(grid.shape):
            left = np.take(number, range(length - 1), axis).ravel()
            right = np.take(number, range(1, length), axis).ravel()
            for one, other, share in (
                (left, left, 3),
                (right, right, 3),
                (left, right, 6),
                (right, left, 6),
            ):
                np.add.at(matrix, (one, other), mass / share)
        offset += grid.num_nodes
    return torch.from_numpy(matrix)
