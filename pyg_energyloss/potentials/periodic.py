"""The periodic potential."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.potentials.base import Potential


class Periodic(Potential):
    r"""Hold an angle that is the same after a turn: torsions.

    .. math:: \varphi(e) = \frac{1 - \cos(m e)}{m^2}

    The second derivative at the minima is one.

    Args:
        multiplicity: m, the number of equal minima in a turn.

    Raises:
        ValueError: `multiplicity` is not a positive integer.

    >>> turn = 2 * torch.pi
    >>> Periodic().value(torch.tensor([4.0]), torch.tensor([4.0 + turn])).round(decimals=4)
    tensor([0.])

    Source: the proper dihedrals of force fields, with their phase at the target.
    """

    def __init__(self, multiplicity: int = 1) -> None:
        if int(multiplicity) != multiplicity or multiplicity < 1:
            raise ValueError(f"`multiplicity` must be a positive integer, got {multiplicity!r}")
        self.multiplicity = int(multiplicity)

    def energy(self, stretch: Tensor) -> Tensor:
        """Return φ(e) [same shape as stretch]."""
        # 1 - cos x = 2 sin²(x / 2), which stays exact near the minimum.
        return 2.0 * torch.sin(0.5 * self.multiplicity * stretch).square() / self.multiplicity**2

    def tension(self, stretch: Tensor) -> Tensor:
        """Return dφ/de [same shape as stretch]."""
        return torch.sin(self.multiplicity * stretch) / self.multiplicity

    def __repr__(self) -> str:
        return f"Periodic({self.multiplicity})"
