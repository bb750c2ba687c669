"""The rotation of the best superposition, with its derivative."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

#: Curvatures below this share of the largest count as zero: the rotation is not unique there.
_UNIQUE = 16.0


def kabsch_rotation(covariance: Tensor, *, mirror: bool = False) -> Tensor:
    r"""Return the rotations R that maximise trace(R C) for covariances C.

    R C = P is symmetric at the maximum, so a change of C turns R by the skew matrix W that solves
    W P + P W = (R dC)ᵀ - R dC. Where two rotations are equally good (linear shapes, shapes that
    fit their target as well as its mirror image) that has no solution; the derivative along such
    a direction is zero.

    Args:
        covariance: Σ target_i pred_iᵀ [num_graphs, dim, dim]; not finite entries count as zero.
        mirror: reflections too, where they give more.

    Returns:
        [num_graphs, dim, dim] with determinant +1, or ±1 if `mirror`; once differentiable.

    >>> kabsch_rotation(torch.eye(3)[None])[0].round().abs()
    tensor([[1., 0., 0.],
            [0., 1., 0.],
            [0., 0., 1.]])

    Source: Kabsch, Acta Cryst. A32, 922 (1976); the derivative by the implicit function theorem.
    """
    rotation: Tensor = _Rotation.apply(covariance, mirror)[0]
    return rotation


class _Rotation(torch.autograd.Function):
    @staticmethod
    def forward(covariance: Tensor, mirror: bool) -> tuple[Tensor, Tensor, Tensor]:
        finite = torch.nan_to_num(covariance, nan=0.0, posinf=0.0, neginf=0.0)
        u, size, vh = torch.linalg.svd(finite)
        flip = torch.ones_like(size)
        if not mirror:
            sign = torch.linalg.det(u) * torch.linalg.det(vh)
            flip[..., -1] = torch.where(sign < 0, -1.0, 1.0)
        basis = vh.mT.contiguous()
        return basis @ (flip[..., :, None] * u.mT), basis, size * flip

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:  # noqa: ARG004 - autograd's call
        ctx.mark_non_differentiable(output[1], output[2])
        ctx.save_for_backward(*output)

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_others: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        rotation, basis, size = ctx.saved_tensors
        if torch.is_grad_enabled() and grad.requires_grad:
            raise NotImplementedError(
                "third derivatives of the Kabsch superposition are not provided; use "
                "`pair_energy`, or take the rotation out of the graph"
            )
        # In the basis of P's eigenvectors the equation for W is one division per entry.
        turned = basis.mT @ grad @ rotation.mT @ basis
        curvature = size[..., :, None] + size[..., None, :]
        unique = curvature > _UNIQUE * torch.finfo(size.dtype).eps * size[..., :1, None].abs()
        skew = (turned - turned.mT) / torch.where(unique, curvature, 1.0)
        skew = torch.where(unique, skew, 0.0)
        change: Tensor = -rotation.mT @ basis @ skew @ basis.mT
        return change, None
