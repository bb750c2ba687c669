"""How far a structure is from the handedness of its target."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.geometry.internal_coordinates import triple_product
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

#: A structure whose thickness is below this share of its size is its own mirror image.
_FLAT = 1e-3


def handedness(
    pos_pred: Tensor,
    pos_target: Tensor,
    *,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    node_weight: Tensor | None = None,
) -> Tensor:
    r"""Return a penalty that is zero at the target and positive at its mirror image.

    .. math:: \max(0, \tfrac12 - r)^2, \quad r = \frac{\det \hat y_c^\top y_c}{\det y_c^\top y_c}

    with centred positions: r is 1 at the target, -1 at its mirror image. Distances cannot tell
    these apart; this term costs O(n). A planar target is its own mirror image and gets zero.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        node_weight: weight of every node [num_nodes] in centres and products; 0 means it is not
            there.

    Returns:
        [num_graphs], without unit, differentiable in `pos_pred`.

    Raises:
        TypeError, ValueError: positions, `batch` or `node_weight` have a wrong type or shape.

    >>> target = torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [0, 0, 0]])
    >>> handedness(target * torch.tensor([1.0, 1.0, -1.0]), target)
    tensor([2.2500])

    Source: a pseudo-scalar of our own; the paper (arXiv 2511.02087) names mirror images as a limit.
    """
    check_positions(pos_pred, pos_target)
    batch, count = resolve_batch(pos_pred, batch, num_graphs)
    dtype = compute_dtype(pos_pred)
    with torch.autocast(pos_pred.device.type, enabled=False):
        weight = check_node_weight(node_weight, pos_pred)
        atoms = total_weight(pos_pred, weight, batch, count)
        pred = _centred(present(widen(pos_pred, dtype), weight), weight, batch, atoms)
        target = present(pos_target.detach().to(dtype), weight)
        target = _centred(target, weight, batch, atoms)
        size, reach = _reach(target, batch, count), _reach(pred.detach(), batch, count)
        size = torch.where(size > 0, size, 1.0)
        # Predictions up to four times too large follow the formula; the others are shrunk first.
        shrunk = size * (reach / (4.0 * size)).clamp(min=1.0)
        unit = target / _per_node(size, batch)
        scaled = pred / _per_node(shrunk, batch)
        counted = weighted(unit, weight)
        overlap = graph_sum(scaled[:, :, None] * counted[:, None, :], batch, count)
        gram = graph_sum(unit[:, :, None] * counted[:, None, :], batch, count)
        volume = _determinant(gram / atoms[:, None, None])
        solid = volume > _FLAT ** (2 * max(pos_pred.size(1) - 1, 1))
        volume = torch.where(solid, volume, 1.0)
        ratio = _determinant(overlap / atoms[:, None, None]) / volume
        penalty = torch.relu(0.5 - ratio).square()
        return saturate(torch.where(solid, penalty, 0.0), pos_pred.dtype)


def _centred(pos: Tensor, weight: Tensor | None, batch: Tensor | None, atoms: Tensor) -> Tensor:
    centre = graph_sum(weighted(pos, weight), batch, atoms.size(0)) / atoms[:, None]
    return present(pos - (centre if batch is None else centre[batch]), weight)


def _determinant(matrix: Tensor) -> Tensor:
    """A polynomial in space: elimination divides by pivots, which may be denormal."""
    if matrix.size(-1) == 3:  # noqa: PLR2004 - space
        first, second, third = matrix.unbind(dim=-2)
        return triple_product(first, second, third)
    general: Tensor = torch.linalg.det(matrix)
    return general


def _per_node(value: Tensor, batch: Tensor | None) -> Tensor:
    return (value if batch is None else value[batch])[:, None]


def _reach(pos: Tensor, batch: Tensor | None, count: int) -> Tensor:
    """The largest coordinate of each graph, whose products stay in range after division."""
    index = batch if batch is not None else torch.zeros(len(pos), dtype=torch.long).to(pos.device)
    largest = pos.abs().amax(dim=1)
    return largest.new_zeros(count).scatter_reduce(0, index.long(), largest, reduce="amax")
