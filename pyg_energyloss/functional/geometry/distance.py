"""Distances that have finite derivatives everywhere."""

from __future__ import annotations

import torch
from torch import Tensor

#: Squared distances below this count as zero; 1e-18 Å is coincident in every unit in use.
COINCIDENT = 1e-36


def safe_norm(vector: Tensor) -> Tensor:
    """Return the length of vectors [..., dim] with zero derivatives where it is zero.

    The square root is taken of a safe number where the length is zero (the double where), so
    that neither the first nor the second derivative is NaN there.

    >>> safe_norm(torch.tensor([[3.0, 4.0, 0.0], [0.0, 0.0, 0.0]]))
    tensor([5., 0.])
    >>> safe_norm(torch.tensor([[torch.nan, 0.0, 0.0]]))
    tensor([nan])
    """
    squared = vector.square().sum(dim=-1)
    apart = ~(squared <= COINCIDENT)  # NaN is no distance, and must show
    return torch.where(apart, torch.where(apart, squared, 1.0).sqrt(), 0.0)
