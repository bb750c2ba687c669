"""How mean and covariance of the nodes change in time, exactly."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pyg_energyloss_springs.mechanics.energy import QuadraticEnergy


class Moments(NamedTuple):
    """A Gaussian over heights and velocities: mean [2 N, num_columns], covariance [2 N, 2 N]."""

    mean: Tensor
    covariance: Tensor


def equilibrium_moments(energy: QuadraticEnergy, mass: Tensor, temperature: float) -> Moments:
    """Return the equilibrium: heights with covariance T K^-1, velocities with T M^-1.

    Raises:
        ValueError: the energy is flat along some motion.
    """
    heights = energy.minimum()
    covariance = torch.block_diag(
        temperature * torch.cholesky_inverse(energy.factor()),
        temperature * torch.cholesky_inverse(torch.linalg.cholesky(mass)),
    )
    return Moments(torch.cat([heights, torch.zeros_like(heights)]), covariance)


def evolve(
    moments: Moments,
    energy: QuadraticEnergy,
    mass: Tensor,
    *,
    friction: float,
    temperature: float,
    duration: float,
) -> Moments:
    """Let a Gaussian evolve under Langevin dynamics with fixed springs.

    With z = (x, v), dz = A (z - z_eq) dt + noise, and E = exp(A t):
    z(t) = z_eq + E (z - z_eq),  C(t) = C_eq + E (C - C_eq) E'.

    Args:
        moments: at the beginning.
        energy: the springs.
        mass: mass matrix.
        friction: 1/time.
        temperature: k_B T.
        duration: of time.

    Returns:
        Moments at the end; springs keep a Gaussian a Gaussian.

    Raises:
        ValueError: the energy is flat along some motion.
    """
    rest = equilibrium_moments(energy, mass, temperature)
    count = len(mass)
    identity = torch.eye(count, dtype=mass.dtype)
    drift = torch.zeros(2 * count, 2 * count, dtype=mass.dtype)
    drift[:count, count:] = identity
    drift[count:, :count] = -torch.linalg.solve(mass, energy.stiffness)
    drift[count:, count:] = -friction * identity
    forward = torch.linalg.matrix_exp(duration * drift)
    return Moments(
        rest.mean + forward @ (moments.mean - rest.mean),
        rest.covariance + forward @ (moments.covariance - rest.covariance) @ forward.T,
    )
