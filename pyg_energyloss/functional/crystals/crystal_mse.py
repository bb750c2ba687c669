"""Mean squared coordinate error of crystals: of nearest images, or after the best translation."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.crystals.carried import carried
from pyg_energyloss.functional.crystals.minimum_image import minimum_image, reduced_cells
from pyg_energyloss.functional.crystals.unwrap import unwrap_shift
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


def crystal_mse(
    pos_pred: Tensor,
    pos_target: Tensor,
    cell: Tensor,
    *,
    cell_pred: Tensor | None = None,
    pbc: Tensor | None = None,
    align: bool = False,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    node_weight: Tensor | None = None,
) -> Tensor:
    r"""Return the mean squared coordinate error of each crystal, of wrapped or aligned positions.

    .. math:: \frac{1}{d \sum_i w_i} \min \sum_i w_i |\hat f_i C - y_i + s_i C - t|^2

    The least is over the cells s of each atom and, with `align`, over the translation t of the
    whole crystal (t = 0 without). With a predicted lattice the predicted fractional coordinates are
    compared, measured in the true cell; the lattice itself is not scored.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å, in any cell.
        pos_target: true positions [num_nodes, dim], in Å, in any cell.
        cell: true lattice vectors as rows [num_graphs, dim, dim] or [dim, dim], in Å.
        cell_pred: predicted lattice vectors, of the same shape; None means the true ones.
        pbc: which lattice vectors repeat [num_graphs, dim] or [dim]; None means all.
        align: translate the prediction to where it fits best.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        node_weight: weight of every node [num_nodes] in the mean; 0 means it is not there.

    Returns:
        [num_graphs] in Å², differentiable in `pos_pred` and `cell_pred`.

    Raises:
        TypeError, ValueError: an argument has a wrong type or shape.

    >>> pred, true = torch.tensor([[3.9, 0.0], [1.9, 0.0]]), torch.tensor([[0.0, 0.0], [2.0, 0.0]])
    >>> crystal_mse(pred, true, 4 * torch.eye(2)).round(decimals=4)
    tensor([0.0050])
    >>> crystal_mse(pred, true, 4 * torch.eye(2), align=True).round(decimals=4)
    tensor([0.])

    Source: the usual rivals of an energy; a wrapped normal's exponent for small deviations (Jiao et
    al., DiffCSP, NeurIPS 2023).
    """
    check_positions(pos_pred, pos_target)
    batch, count = resolve_batch(pos_pred, batch, num_graphs)
    dim, dtype = pos_pred.size(1), compute_dtype(pos_pred)
    graph = torch.zeros_like(pos_pred[:, 0], dtype=torch.long) if batch is None else batch
    weight = check_node_weight(node_weight, pos_pred)
    with torch.autocast(pos_pred.device.type, enabled=False):
        true_cell = cell.to(dtype).reshape(-1, dim, dim).expand(count, dim, dim)
        pred = present(widen(pos_pred, dtype), weight)
        target = present(pos_target.to(dtype), weight)
        if cell_pred is not None:
            guess = cell_pred.to(dtype).reshape(-1, dim, dim).expand(count, dim, dim)
            pred = carried(pred, guess, true_cell, batch=graph)
        if align:
            there = None if weight is None else (weight != 0).cpu().numpy()
            shift = unwrap_shift(
                pred, target, reduced_cells(true_cell, pbc), batch=batch, present=there
            )
        else:
            ends = torch.arange(2 * len(pred), device=pred.device).view(2, -1)
            shift = minimum_image(
                torch.cat([target, pred.detach()]),
                ends,
                true_cell,
                batch=graph.repeat(2),
                pbc=pbc,
            )
        away = pred - target + (shift.to(dtype)[:, :, None] * true_cell[graph]).sum(dim=1)
        total = total_weight(pos_pred, weight, batch, count)
        if align:
            middle = graph_sum(weighted(away, weight), batch, count) / total[:, None]
            away = present(away - middle[graph], weight)
        error = graph_sum(weighted(away.square().sum(dim=1), weight), batch, count)
    return saturate(error / (total * max(dim, 1)), pos_pred.dtype)
