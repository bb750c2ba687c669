"""Protocols: energies that change from outside while the nodes move, share 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

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
    ends = [
        quadratic_energy(data_springs(points, values, grids, stiffness=stiffness) + other)
        for values in (start, end)
    ]
    # |(1 - s) a + s b|^2 = (1 - s) |a|^2 + s |b|^2 - s (1 - s) |b - a|^2
    sag = 0.5 * stiffness * (end - start).double().square().sum(dim=0)

    def at(share: float) -> QuadraticEnergy:
        mixed = ends[0].mix(ends[1], share)
        return replace(mixed, offset=mixed.offset - share * (1 - share) * sag)

    return at


def release(energy: QuadraticEnergy, rest: Tensor, *, clamp: float, temperature: float) -> Protocol:
    """Hold the sticks flat with a clamp on every node, and let go of them: learning itself.

    U_s = U + c(s)/2 sum_j (x_j - rest_j)^2, c from ``clamp`` to 0. With modes of stiffness K_i that
    move by a_i in all, z(c) = sum_i a_i^2 K_i^2 / (K_i + c)^4 + T / 4 (K_i + c)^3 is what friction
    takes; c(s) keeps sqrt(z) dc/ds constant, which wastes the least work.

    Args:
        energy: the springs to the data, already attached and stretched.
        rest: heights at which the clamps hold [num_nodes, num_columns].
        clamp: stiffness of each clamp at the start.
        temperature: k_B T for which the clamps are let go at the best pace.

    Raises:
        ValueError: `clamp` is not positive, or the energy is flat along some motion.

    Source: Sivak, Crooks, Phys. Rev. Lett. 108, 190602 (2012), paths of least dissipation.
    """
    if not clamp > 0:
        raise ValueError(f"`clamp` must be positive, got {clamp}")
    held = quadratic_energy(
        anchor_springs(len(energy.pull), np.asarray(rest, dtype=np.float64), stiffness=1.0)
    )
    modes, vectors = torch.linalg.eigh(energy.stiffness)
    moved = (vectors.T @ (energy.minimum() - rest)).square().sum(dim=1)
    # The softest mode sets how finely the end, where the clamp is weak, must be resolved.
    finest = min(0.0, np.log10(0.01 * float(modes[0]) / clamp))
    scale = torch.logspace(finest, 0, 400, dtype=torch.float64)
    grip = clamp * torch.cat([torch.zeros(1, dtype=torch.float64), scale])
    stiff = modes + grip[:, None]
    outputs = energy.pull.size(1)
    toll = moved * modes.square() / stiff**4 + outputs * temperature / (4 * stiff**3)
    root = toll.sum(dim=1).sqrt()
    passed = torch.cumulative_trapezoid(root, grip)
    length = np.concatenate([[0.0], (passed / passed[-1]).numpy()])
    levels = grip.numpy()

    def at(share: float) -> QuadraticEnergy:
        now = float(np.interp(1 - share, length, levels))
        return QuadraticEnergy(
            energy.stiffness + now * held.stiffness,
            energy.pull + now * held.pull,
            energy.offset + now * held.offset,
        )

    return at
