"""How much each node counts; a node of weight zero is not there."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import compute_dtype, graph_counts, graph_sum


def check_node_weight(node_weight: Tensor | None, pos: Tensor) -> Tensor | None:
    """Return the weights in the dtype of the computation, or None where all count alike.

    Args:
        node_weight: weight of every node [num_nodes], not negative; boolean means 0 and 1.
        pos: positions [num_nodes, dim].

    Raises:
        TypeError: it is not a tensor of real numbers.
        ValueError: it has another shape.

    >>> check_node_weight(torch.tensor([True, False]), torch.zeros(2, 3))
    tensor([1., 0.])
    """
    if node_weight is None:
        return None
    if not isinstance(node_weight, Tensor) or node_weight.is_complex():
        got = node_weight.dtype if isinstance(node_weight, Tensor) else type(node_weight).__name__
        raise TypeError(f"`node_weight` must be a tensor of real numbers [num_nodes], got {got}")
    if node_weight.shape != pos.shape[:1]:
        raise ValueError(
            f"`node_weight` must have one entry per node ({pos.size(0)}), "
            f"got shape {tuple(node_weight.shape)}"
        )
    return node_weight.to(compute_dtype(pos))


def present(value: Tensor, node_weight: Tensor | None) -> Tensor:
    """Return a value per node [num_nodes, ...] with zeros where the weight is zero.

    What stood there, NaN included, has no influence on value and gradient.

    >>> present(torch.tensor([[1.0], [torch.nan]]), torch.tensor([0.5, 0.0]))
    tensor([[1.],
            [0.]])
    """
    if node_weight is None:
        return value
    keep = (node_weight != 0).reshape(-1, *[1] * (value.dim() - 1))
    return torch.where(keep, value, 0.0)


def weighted(value: Tensor, node_weight: Tensor | None) -> Tensor:
    """Multiply a value per node [num_nodes, ...] by the weights.

    >>> weighted(torch.ones(2), torch.tensor([0.5, 0.0]))
    tensor([0.5000, 0.0000])
    """
    if node_weight is None:
        return value
    return value * node_weight.reshape(-1, *[1] * (value.dim() - 1))


def total_weight(
    pos: Tensor, node_weight: Tensor | None, batch: Tensor | None, num_graphs: int
) -> Tensor:
    """Return the number of nodes of each graph [num_graphs], or the sum of their weights.

    A graph of no weight gets 1, so that it can be divided by.

    >>> total_weight(torch.zeros(3, 3), torch.tensor([0.5, 1.0, 0.0]), None, 1)
    tensor([1.5000])
    """
    if node_weight is None:
        return graph_counts(pos, batch, num_graphs).clamp(min=1.0)
    total = graph_sum(node_weight, batch, num_graphs)
    return torch.where(total > 0, total, 1.0)
