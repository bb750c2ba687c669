"""RMSD of two structures after rigid alignment."""

from __future__ import annotations

import torch
from torch import Tensor


def aligned_rmsd(pos_a: Tensor, pos_b: Tensor, *, allow_reflection: bool = False) -> float:
    """RMSD in the unit of the positions after the best rotation and translation.

    Args:
        pos_a: positions [num_atoms, 3].
        pos_b: positions [num_atoms, 3], same order of the atoms.
        allow_reflection: take the mirror image if it fits better.

    Returns:
        The root of the mean squared distance per atom.

    >>> turned = torch.tensor([[0.0, 0, 0], [0, 2, 0]])
    >>> round(aligned_rmsd(torch.tensor([[0.0, 0, 0], [2, 0, 0]]), turned), 6)
    0.0

    Source: Kabsch, Acta Cryst. A32, 922 (1976).
    """
    a = (pos_a - pos_a.mean(0)).double()
    b = (pos_b - pos_b.mean(0)).double()
    covariance = a.T @ b
    singular = torch.linalg.svdvals(covariance)
    if not allow_reflection and torch.linalg.det(covariance) < 0:
        singular = torch.cat([singular[:-1], -singular[-1:]])
    squared = (a.square().sum() + b.square().sum() - 2 * singular.sum()) / len(a)
    return float(squared.clamp(min=0).sqrt())
