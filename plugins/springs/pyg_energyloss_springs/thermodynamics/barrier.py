"""The learning barrier: where the warmth of the nodes outweighs what the data release."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from pyg_energyloss_springs.mechanics.energy import QuadraticEnergy, quadratic_energy
from pyg_energyloss_springs.mechanics.springs import Springs


@dataclass(frozen=True)
class Barrier:
    """What learning has to win, and what warmth takes away; energies summed over outputs.

    Attributes:
        learning_energy: that the springs release between flat sticks at the mean and the minimum,
            k n/2 (variance - MSE at the minimum).
        temperature: at which thermal motion costs as much: the mean training error is then that of
            a constant.
        modes: node heights, each of which holds up to T/2.
    """

    learning_energy: float
    temperature: float
    modes: float


def learning_barrier(data: Springs, energy: QuadraticEnergy) -> Barrier:
    """Find the temperature above which the sticks know less than the mean of the data.

    By equipartition the mean energy of the data springs is k n/2 MSE_min + T/2 tr(K^-1 K_data); it
    reaches that of flat sticks at T* = 2 (U_flat - U_min) / tr(K^-1 K_data). The trace is the
    number of nodes if there are no other springs.

    Args:
        data: springs to the data.
        energy: of all springs, hinges and anchors included.

    Returns:
        The barrier.

    Raises:
        ValueError: the energy is flat along some motion.

    Source: arXiv 2508.19015 finds the barrier by simulation; this closed form is ours.
    """
    columns = data.rest.shape[1]
    weight = data.stiffness[:, None]
    mean = (weight * data.rest).sum(axis=0) / weight.sum()
    flat = 0.5 * float((weight * (data.rest - mean) ** 2).sum())
    stretch = data.rest - data.matrix @ energy.minimum().numpy()
    least = 0.5 * float((weight * stretch**2).sum())
    ratio = torch.cholesky_solve(quadratic_energy(data).stiffness, energy.factor())
    modes = float(ratio.trace()) * columns
    return Barrier(flat - least, 2 * (flat - least) / modes, modes)
