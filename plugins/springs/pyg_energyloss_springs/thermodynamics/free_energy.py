"""The exact free energy of springs."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from pyg_energyloss_springs.mechanics.energy import QuadraticEnergy


def minimum_energy(energy: QuadraticEnergy) -> float:
    """Return the least energy, summed over columns: k n/2 times the smallest training MSE."""
    return float(energy.value(energy.minimum()).sum())


def free_energy(energy: QuadraticEnergy, *, temperature: float) -> float:
    """Return F = -T ln of the integral of exp(-U/T) over the heights, summed over columns.

    F = U_min + T/2 (ln det K - N ln 2 pi T) per column. Masses would add the same to every state.

    Args:
        energy: the springs.
        temperature: k_B T; U_min at zero.

    Raises:
        ValueError: the energy is flat along some motion.

    >>> spring = QuadraticEnergy(torch.eye(1), torch.zeros(1, 1), torch.zeros(1))
    >>> stiffer = QuadraticEnergy(4 * torch.eye(1), torch.zeros(1, 1), torch.zeros(1))
    >>> change = free_energy(stiffer, temperature=2.0) - free_energy(spring, temperature=2.0)
    >>> round(change, 5), round(2.0 * math.log(2.0), 5)
    (1.38629, 1.38629)
    """
    least = minimum_energy(energy)
    if temperature == 0:
        return least
    count, columns = energy.pull.shape
    log_det = 2 * float(_log_diagonal(energy.factor()))
    return least + 0.5 * temperature * columns * (
        log_det - count * math.log(2 * math.pi * temperature)
    )


def _log_diagonal(factor: Tensor) -> Tensor:
    return torch.log(factor.diagonal()).sum()
