"""Thermal equilibrium of the nodes: samples of it, and the check that a motion has reached it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from pyg_energyloss_springs.mechanics.energy import QuadraticEnergy
from pyg_energyloss_springs.mechanics.state import State


def sample_equilibrium(
    energy: QuadraticEnergy,
    mass: Tensor,
    *,
    temperature: float,
    generator: torch.Generator,
) -> State:
    """Draw heights with covariance T K^-1 around the minimum, velocities with T M^-1.

    Args:
        energy: the springs; one independent draw for each of its columns (see ``repeat``).
        mass: mass matrix.
        temperature: k_B T.
        generator: of the draw.

    Returns:
        State [num_nodes, num_columns].

    Raises:
        ValueError: the energy is flat along some motion.
    """
    factor = energy.factor()
    shape = energy.pull.shape
    noise = torch.randn(2, *shape, dtype=factor.dtype, generator=generator) * math.sqrt(temperature)
    inertia = torch.linalg.cholesky(mass)
    return State(
        torch.cholesky_solve(energy.pull, factor)
        + torch.linalg.solve_triangular(factor.T, noise[0], upper=True),
        torch.linalg.solve_triangular(inertia.T, noise[1], upper=True),
    )


@dataclass(frozen=True)
class Equipartition:
    """Measured over expected variance of each mode of the springs.

    Attributes:
        ratio: k_i <q_i^2> / T of each mode [num_nodes], softest first; one in equilibrium.
        error: standard error of each ratio for that many independent samples.
        chi2: mean of ((ratio - 1) / error)^2 over modes; about one in equilibrium.
    """

    ratio: Tensor
    error: float
    chi2: float

    @property
    def is_fulfilled(self) -> bool:
        """Whether chi2 is within four standard deviations of one."""
        return abs(self.chi2 - 1) < 4 * math.sqrt(2 / len(self.ratio))


def equipartition(energy: QuadraticEnergy, heights: Tensor, *, temperature: float) -> Equipartition:
    """Compare the covariance of independent samples of heights with T K^-1.

    In the eigenvectors of K every mode holds the energy T/2, whatever its stiffness.

    Args:
        energy: the springs, with one column of pull or one per sample.
        heights: independent samples [num_nodes, num_samples].
        temperature: k_B T.

    Returns:
        The ratios and how far they are off.

    Raises:
        ValueError: the energy is flat along some motion, or the temperature is not positive.
    """
    if not temperature > 0:
        raise ValueError(f"`temperature` must be positive, got {temperature}")
    values, vectors = torch.linalg.eigh(energy.stiffness)
    away = vectors.T @ (heights - energy.minimum())
    ratio = values * away.square().mean(dim=1) / temperature
    error = math.sqrt(2 / heights.size(1))
    return Equipartition(ratio, error, float(((ratio - 1) / error).square().mean()))
