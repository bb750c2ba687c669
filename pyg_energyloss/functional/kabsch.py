"""Mean squared error after the best rigid superposition of each graph."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import (
    check_positions,
    compute_dtype,
    graph_counts,
    graph_sum,
    resolve_batch,
)
from pyg_energyloss.functional.saturate import saturate, widen


def kabsch_rotation(covariance: Tensor) -> Tensor:
    """Return the proper rotations R that maximise trace(R C) for covariances C.

    Args:
        covariance: Σ target_i pred_iᵀ [num_graphs, dim, dim]; not finite entries count as zero.

    Returns:
        [num_graphs, dim, dim] with determinant +1, without gradient.

    >>> kabsch_rotation(torch.eye(3)[None])[0].round().abs()
    tensor([[1., 0., 0.],
            [0., 1., 0.],
            [0., 0., 1.]])

    Source: Kabsch, Acta Cryst. A32, 922 (1976).
    """
    with torch.no_grad():
        covariance = torch.nan_to_num(covariance, nan=0.0, posinf=0.0, neginf=0.0)
        u, _, vh = torch.linalg.svd(covariance)
        sign = torch.linalg.det(u) * torch.linalg.det(vh)
        ones = torch.ones_like(sign)[:, None].expand(-1, covariance.size(-1) - 1)
        flip = torch.cat([ones, torch.where(sign < 0, -1.0, 1.0).to(sign.dtype)[:, None]], dim=1)
        rotation: Tensor = vh.mT @ (flip[:, :, None] * u.mT)
        return rotation


def kabsch_mse(
    pos_pred: Tensor,
    pos_target: Tensor,
    *,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
) -> Tensor:
    r"""Return the mean squared error of each graph after rotating the target onto it.

    .. math:: \min_{R, t} \frac{1}{n d} \sum_i |\hat y_i - (R y_i + t)|^2, \quad \det R = 1

    The optimal rotation is held fixed in the gradient, which is exact at the minimum (envelope
    theorem) and finite where the derivative of an SVD is not: planar, linear, symmetric shapes.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.

    Returns:
        [num_graphs] in Å², once differentiable in both positions.

    Raises:
        TypeError, ValueError: positions or `batch` have a wrong type or shape.

    >>> target = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    >>> turned = target[:, [1, 0, 2]] * torch.tensor([-1.0, 1.0, 1.0]) + 5.0
    >>> kabsch_mse(turned, target).round(decimals=6)
    tensor([0.])

    Source: arXiv 2511.02087, section 6 (Kabsch baseline); Kabsch, Acta Cryst. A32, 922 (1976).
    """
    check_positions(pos_pred, pos_target)
    batch, count = resolve_batch(pos_pred, batch, num_graphs)
    dtype, dim = compute_dtype(pos_pred), pos_pred.size(1)
    with torch.autocast(pos_pred.device.type, enabled=False):
        atoms = graph_counts(pos_pred, batch, count).clamp(min=1.0)
        pred, scale_pred = _centred(widen(pos_pred, dtype), batch, atoms)
        target, scale_target = _centred(pos_target.to(dtype), batch, atoms)
        with torch.no_grad():
            outer = (target / scale_target)[:, :, None] * (pred / scale_pred)[:, None, :]
            rotation = kabsch_rotation(graph_sum(outer, batch, count))
        turn = rotation[0].expand(pred.size(0), dim, dim) if batch is None else rotation[batch]
        error = pred - (turn * target[:, None, :]).sum(dim=-1)
        total = graph_sum(error.square().sum(dim=1), batch, count)
        return saturate(total / (atoms * max(dim, 1)), pos_pred.dtype)


def _centred(pos: Tensor, batch: Tensor | None, atoms: Tensor) -> tuple[Tensor, Tensor]:
    """Positions relative to their graph's centre, and one length that keeps products in range."""
    centre = graph_sum(pos, batch, atoms.size(0)) / atoms[:, None]
    centred = pos - (centre if batch is None else centre[batch])
    with torch.no_grad():
        reach = centred.abs().amax(dim=1)
        scale = torch.ones_like(atoms)
        if batch is None:
            scale = torch.maximum(scale, reach.amax(dim=0, keepdim=True) if len(reach) else scale)
            return centred, scale[:, None]
        scale = scale.scatter_reduce(0, batch.long(), reach, reduce="amax", include_self=True)
        return centred, scale[batch, None]
