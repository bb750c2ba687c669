"""Protocols: energies that change from outside while the nodes move, share 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from pyg_energyloss_springs.grid import Grid
from pyg_energyloss_springs.mechanics.energy import QuadraticEnergy, quadratic_energy
from pyg_energyloss_springs.mechanics.springs import Springs, anchor_springs, data_springs

Protocol = Callable[[float], QuadraticEnergy]


def switch(start: QuadraticEnergy, end: QuadraticEnergy) -> Protocol:
    """Turn one set of springs into another, in proportion: (1 - s) U_0 + s U_1."""
    return lambda share: start.mix(end, share)


def move_data(
    points: Tensor,
    start: Tensor,
    end: Tensor,
    grids: Sequence[Grid],
    *,
    other: Springs,
    stiffness: float = 1.0,
) -> Protocol:
    """Carry the data from their values before to their targets, springs attached.

    The stiffness matrix stays, so the free energy changes by the least energy alone and the work
    has a Gaussian distribution.

    Args:
        points: inputs [num_points, num_features].
        start: values before [num_points, num_outputs].
        end: targets, same shape.
        grids: one per group of features.
        other: springs that stay, such as hinges and anchors.
        stiffness: of the springs to the data.
    """

    def at(share: float) -> QuadraticEnergy:
        values = torch.lerp(start.double(), end.double(), share)
        return quadratic_energy(data_springs(points, values, grids, stiffness=stiffness) + other)

    return at


def release(energy: QuadraticEnergy, rest: Tensor, *, clamp: float, power: int = 3) -> Protocol:
    """Hold the sticks flat with a clamp on every node, and let go of them: learning itself.

    U_s = U + clamp (1 - s)^power sum_j (x_j - rest_j)^2 / 2

    Args:
        energy: the springs to the data, already attached and stretched.
        rest: heights at which the clamps hold [num_nodes, num_columns].
        clamp: stiffness of each clamp at the start.
        power: how the clamp fades; the slower the end, the less work is wasted.
    """
    held = quadratic_energy(
        anchor_springs(len(energy.pull), np.asarray(rest, dtype=np.float64), stiffness=1.0)
    )

    def at(share: float) -> QuadraticEnergy:
        grip = clamp * (1 - share) ** power
        return QuadraticEnergy(
            energy.stiffness + grip * held.stiffness,
            energy.pull + grip * held.pull,
            energy.offset + grip * held.offset,
        )

    return at
