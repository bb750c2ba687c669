"""A law of the distance that falls as a Gaussian."""

from __future__ import annotations

import torch
from torch import Tensor


class Gaussian:
    """k = k0 exp(-d^2 / 2 l^2): softer than the exponential law at long range.

    Args:
        strength: k0.
        length: l, Å.
    """

    def __init__(self, *, strength: float = 1.0, length: float = 2.0) -> None:
        self.strength = strength
        self.length = length

    def __call__(self, distance: Tensor) -> Tensor:
        """Return k of true distances, same shape."""
        return self.strength * torch.exp(-0.5 * (distance / self.length).square())
