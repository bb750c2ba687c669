"""How well two structures can be superposed, without making the rotation."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from pyg_energyloss.functional.geometry.internal_coordinates import triple_product


def kabsch_overlap(covariance: Tensor, *, mirror: bool = False) -> Tensor:
    r"""Return the largest trace(R C) over rotations R, for covariances C.

    The sum of the singular values, the least with the sign of det C. In space they come from a
    cubic equation, exact to half the digits, many times faster than a decomposition: enough to
    choose among images, not to train on.

    Args:
        covariance: Σ target_i pred_iᵀ [num, dim, dim].
        mirror: whether reflections are allowed as well.

    Returns:
        [num], without gradient.

    >>> kabsch_overlap(torch.diag(torch.tensor([3.0, 2.0, -1.0]))[None]).round(decimals=3)
    tensor([4.])
    """
    with torch.no_grad():
        if covariance.size(-1) != 3:  # noqa: PLR2004 - space
            size = torch.linalg.svdvals(covariance)
            sign = torch.linalg.det(covariance).sign()
        else:
            size = _singular_values(covariance)
            sign = triple_product(*covariance.unbind(dim=-2)).sign()
        least = size[..., -1] if mirror else torch.where(sign < 0, -1.0, 1.0) * size[..., -1]
        overlap: Tensor = size[..., :-1].sum(dim=-1) + least
        return overlap


def _singular_values(matrix: Tensor) -> Tensor:
    """Singular values [..., 3], falling: roots of the eigenvalues of MᵀM in closed form."""
    largest = matrix.abs().amax(dim=(-2, -1))
    scale = torch.where(largest > 0, largest, 1.0)
    scaled = matrix / scale[..., None, None]
    gram = scaled.mT @ scaled
    mean = gram.diagonal(dim1=-2, dim2=-1).mean(dim=-1)
    rest = gram - mean[..., None, None] * torch.eye(3, dtype=gram.dtype, device=gram.device)
    spread = (rest.square().sum(dim=(-2, -1)) / 6.0).sqrt()
    uneven = spread > 0
    shape = rest / torch.where(uneven, spread, 1.0)[..., None, None]
    angle = torch.acos((triple_product(*shape.unbind(dim=-2)) / 2.0).clamp(-1.0, 1.0)) / 3.0
    high = mean + 2.0 * spread * angle.cos()
    low = mean + 2.0 * spread * (angle + 2.0 * math.pi / 3.0).cos()
    squares = torch.stack([high, 3.0 * mean - high - low, low], dim=-1)
    return squares.clamp(min=0.0).sqrt() * scale[..., None]
