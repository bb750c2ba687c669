"""The normal modes of the nodes."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss_springs.mechanics.energy import QuadraticEnergy


def mode_frequencies(energy: QuadraticEnergy, mass: Tensor) -> Tensor:
    """Return the angular frequencies of the undamped nodes [num_nodes], slowest first.

    They are the roots w of det(K - w^2 M) = 0; motions that cost nothing have frequency zero.

    >>> energy = QuadraticEnergy(
    ...     torch.diag(torch.tensor([1.0, 9.0])), torch.zeros(2, 1), torch.zeros(1)
    ... )
    >>> mode_frequencies(energy, torch.eye(2))
    tensor([1., 3.])
    """
    factor = torch.linalg.cholesky(mass)
    left = torch.linalg.solve_triangular(factor, energy.stiffness, upper=False)
    scaled = torch.linalg.solve_triangular(factor, left.T, upper=False)
    values = torch.linalg.eigvalsh(0.5 * (scaled + scaled.T))
    floor = values[-1].abs() * len(values) * torch.finfo(values.dtype).eps
    return torch.where(values > floor, values, 0.0).sqrt()
