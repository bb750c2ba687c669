"""Padded batches [num_graphs, max_nodes, dim] of older code bases, made flat for the losses."""

from __future__ import annotations

from torch import Tensor


def flatten(mask: Tensor, *values: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Leave the padding out.

    Args:
        mask: [num_graphs, max_nodes] or [num_graphs, max_nodes, 1], nonzero for real nodes.
        values: tensors [num_graphs, max_nodes, ...], or [num_graphs, 1, ...] for one per graph.

    Returns:
        ``batch`` [num_nodes], the graph of each node, and the rows of each value.

    >>> import torch
    >>> flatten(torch.tensor([[1, 0], [1, 1]]), torch.arange(4).reshape(2, 2))
    (tensor([0, 1, 1]), [tensor([0, 2, 3])])
    """
    real = mask.reshape(mask.shape[0], -1) > 0
    batch = real.nonzero()[:, 0]
    return batch, [v.expand(*real.shape, *v.shape[2:])[real] for v in values]
