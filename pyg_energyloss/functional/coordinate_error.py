"""Mean squared and mean absolute coordinate error of each graph."""

from __future__ import annotations

from torch import Tensor

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


def coordinate_mse(
    pos_pred: Tensor,
    pos_target: Tensor,
    *,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    node_weight: Tensor | None = None,
) -> Tensor:
    r"""Return the mean squared coordinate error of each graph.

    .. math:: \frac{1}{d \sum_i w_i} \sum_i w_i |\hat y_i - y_i|^2

    A spring from every atom to a fixed point in space: it feels rotation and translation.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        node_weight: weight of every node [num_nodes] in the mean; 0 means it is not there.

    Returns:
        [num_graphs] in Å², differentiable in both positions.

    Raises:
        TypeError, ValueError: positions, `batch` or `node_weight` have a wrong type or shape.

    >>> import torch
    >>> coordinate_mse(torch.tensor([[3.0, 0.0, 0.0]]), torch.zeros(1, 3))
    tensor([3.])

    Source: arXiv 2511.02087, eq 1 with E = |ŷ - y|².
    """
    return _error(pos_pred, pos_target, batch, num_graphs, node_weight, squared=True)


def coordinate_mae(
    pos_pred: Tensor,
    pos_target: Tensor,
    *,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    node_weight: Tensor | None = None,
) -> Tensor:
    r"""Return the mean absolute coordinate error of each graph.

    .. math:: \frac{1}{d \sum_i w_i} \sum_i w_i |\hat y_i - y_i|_1

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        node_weight: weight of every node [num_nodes] in the mean; 0 means it is not there.

    Returns:
        [num_graphs] in Å, differentiable in both positions.

    Raises:
        TypeError, ValueError: positions, `batch` or `node_weight` have a wrong type or shape.

    >>> import torch
    >>> coordinate_mae(torch.tensor([[3.0, 0.0, 0.0]]), torch.zeros(1, 3))
    tensor([1.])

    Source: arXiv 2511.02087, table 1 (MAE baseline).
    """
    return _error(pos_pred, pos_target, batch, num_graphs, node_weight, squared=False)


def _error(
    pos_pred: Tensor,
    pos_target: Tensor,
    batch: Tensor | None,
    num_graphs: int | None,
    node_weight: Tensor | None,
    *,
    squared: bool,
) -> Tensor:
    check_positions(pos_pred, pos_target)
    batch, count = resolve_batch(pos_pred, batch, num_graphs)
    dtype = compute_dtype(pos_pred)
    weight = check_node_weight(node_weight, pos_pred)
    difference = present(widen(pos_pred, dtype) - pos_target.to(dtype), weight)
    error = difference.square() if squared else difference.abs()
    total = graph_sum(weighted(error.sum(dim=1), weight), batch, count)
    divisor = total_weight(pos_pred, weight, batch, count) * max(pos_pred.size(1), 1)
    return saturate(total / divisor, pos_pred.dtype)
