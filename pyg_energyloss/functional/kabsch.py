"""Mean squared error after the best rigid superposition of each graph."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.geometry.rotation import kabsch_rotation
from pyg_energyloss.functional.graphs import (
    check_positions,
    compute_dtype,
    graph_sum,
    resolve_batch,
)
from pyg_energyloss.functional.node_weight import (
    check_node_weight,
    present,
    total_weight,
    weighted,
)
from pyg_energyloss.functional.saturate import saturate, widen


def kabsch_mse(
    pos_pred: Tensor,
    pos_target: Tensor,
    *,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    node_weight: Tensor | None = None,
    mirror: bool = False,
) -> Tensor:
    r"""Return the mean squared error of each graph after rotating the target onto it.

    .. math:: \min_{R, t} \frac{1}{d \sum_i w_i} \sum_i w_i |\hat y_i - (R y_i + t)|^2, \quad
              \det R = 1

    The first derivative holds the optimal rotation fixed, which is exact at the minimum (envelope
    theorem) and finite where the derivative of an SVD is not: planar, linear, symmetric shapes.
    The second derivative turns the rotation.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        node_weight: weight of every node [num_nodes], in the superposition and in the mean; 0
            means it is not there.
        mirror: the mirror image of the target counts as well as the target: det R = ±1. Take it
            where the input does not tell the hand, as a molecular graph without stereo tags.

    Returns:
        [num_graphs] in Å², twice differentiable in both positions.

    Raises:
        TypeError, ValueError: positions, `batch` or `node_weight` have a wrong type or shape.

    >>> target = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    >>> turned = target[:, [1, 0, 2]] * torch.tensor([-1.0, 1.0, 1.0]) + 5.0
    >>> kabsch_mse(turned, target).round(decimals=6)
    tensor([0.])

    Source: arXiv 2511.02087, section 6 (Kabsch baseline); Kabsch, Acta Cryst. A32, 922 (1976); with
    weights, the weighted rigid alignment of AlphaFold 3, Nature 630, 493 (2024), algorithm 28.
    """
    check_positions(pos_pred, pos_target)
    batch, count = resolve_batch(pos_pred, batch, num_graphs)
    dtype, dim = compute_dtype(pos_pred), pos_pred.size(1)
    with torch.autocast(pos_pred.device.type, enabled=False):
        weight = check_node_weight(node_weight, pos_pred)
        atoms = total_weight(pos_pred, weight, batch, count)
        pred, scale_pred = centred(widen(pos_pred, dtype), weight, batch, atoms)
        target, scale_target = centred(pos_target.to(dtype), weight, batch, atoms)
        counted = target / scale_target
        if weight is not None:
            counted = weighted(counted, weight)
        outer = counted[:, :, None] * (pred / scale_pred)[:, None, :]
        rotation = kabsch_rotation(graph_sum(outer, batch, count), mirror=mirror)
        turn = rotation[0].expand(pred.size(0), dim, dim) if batch is None else rotation[batch]
        error: Tensor = _AlignedError.apply(pred, target, turn)
        total = graph_sum(error if weight is None else weighted(error, weight), batch, count)
        return saturate(total / (atoms * max(dim, 1)), pos_pred.dtype)


class _AlignedError(torch.autograd.Function):
    """|ŷ - R y|² [num_nodes]; no gradient of R, which is at its optimum."""

    generate_vmap_rule = True

    @staticmethod
    def forward(pred: Tensor, target: Tensor, turn: Tensor) -> Tensor:
        return _difference(pred, target, turn).square().sum(dim=-1)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ARG004 - autograd's call
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:  # type: ignore[override]
        pred, target, turn = ctx.saved_tensors
        force = 2.0 * grad[..., None] * _difference(pred, target, turn)
        back = None
        if ctx.needs_input_grad[1]:
            back = -(turn.mT * force[..., None, :]).sum(dim=-1)
        return force, back, None


def _difference(pred: Tensor, target: Tensor, turn: Tensor) -> Tensor:
    return pred - (turn * target[..., None, :]).sum(dim=-1)


def centred(
    pos: Tensor, weight: Tensor | None, batch: Tensor | None, atoms: Tensor
) -> tuple[Tensor, Tensor]:
    """Return positions about their graph's centre, and a length [num_nodes, 1] to divide them by.

    The length is the largest coordinate of the graph, at least 1, so that products stay in range.

    >>> centred(torch.tensor([[1.0], [5.0]]), None, None, torch.tensor([2.0]))[0].tolist()
    [[-2.0], [2.0]]
    """
    counted = pos if weight is None else weighted(present(pos, weight), weight)
    centre = graph_sum(counted, batch, atoms.size(0)) / atoms[:, None]
    moved = pos - (centre if batch is None else centre[batch])
    if weight is not None:
        moved = present(moved, weight)
    with torch.no_grad():
        reach = moved.abs().amax(dim=1)
        scale = torch.ones_like(atoms)
        if batch is None:
            scale = torch.maximum(scale, reach.amax(dim=0, keepdim=True) if len(reach) else scale)
            return moved, scale[:, None]
        scale = scale.scatter_reduce(0, batch.long(), reach, reduce="amax", include_self=True)
        return moved, scale[batch, None]
