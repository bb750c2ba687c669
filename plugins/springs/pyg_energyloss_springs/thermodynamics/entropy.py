"""Entropy of the nodes: how fast it changes, is produced, and flows to the surroundings."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pyg_energyloss_springs.mechanics.moments import Moments


class EntropyRates(NamedTuple):
    """Rates in k_B per time: ``change = production - flow``.

    Attributes:
        production: made by friction out of equilibrium; never negative, zero in equilibrium.
        flow: carried off as heat, heat / T.
        change: of the entropy of the nodes.
    """

    production: float
    flow: float
    change: float


def entropy_rates(
    moments: Moments, mass: Tensor, *, friction: float, temperature: float
) -> EntropyRates:
    """Evaluate the rates for a Gaussian over heights and velocities, summed over columns.

    With the friction g, velocities of mean u and covariance V, and the block L of the inverse
    covariance that belongs to the velocities:
    flow = g (u.M.u + tr MV - N T) / T,  change = g (T tr M^-1 L - N),  production = their sum.

    Args:
        moments: Gaussian; exact from `evolve`, or estimated from samples.
        mass: mass matrix.
        friction: 1/time.
        temperature: k_B T.

    Returns:
        The three rates.

    Raises:
        ValueError: the temperature is not positive.

    Source: Seifert, Rep. Prog. Phys. 75, 126001 (2012), entropy production of Langevin dynamics;
    arXiv 2508.19015 uses the same for Gaussians.
    """
    if not temperature > 0:
        raise ValueError(f"`temperature` must be positive, got {temperature}")
    count = len(mass)
    columns = moments.mean.size(1)
    drift = moments.mean[count:]
    directed = float((drift * (mass @ drift)).sum())
    random = float((mass * moments.covariance[count:, count:]).sum())
    precision = torch.cholesky_inverse(torch.linalg.cholesky(moments.covariance))
    narrow = float(torch.linalg.solve(mass, precision[count:, count:]).trace())
    flow = friction * ((directed + columns * random) / temperature - columns * count)
    change = friction * columns * (temperature * narrow - count)
    return EntropyRates(flow + change, flow, change)


def entropy(moments: Moments) -> float:
    """Return the entropy of a Gaussian in k_B, ln det(2 pi e C)/2, summed over columns."""
    log_det = torch.linalg.slogdet(2 * torch.pi * torch.e * moments.covariance).logabsdet
    return 0.5 * moments.mean.size(1) * float(log_det)
