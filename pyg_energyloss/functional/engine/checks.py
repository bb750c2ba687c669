"""What must hold before memory is addressed: indices in range, springs inside one graph.

These read values, which is free on a CPU only; kernels for other devices mask what is out of range.
"""

from __future__ import annotations

import torch
from torch import Tensor


def looks(tensor: Tensor) -> bool:
    """Whether values can be read without waiting for a device or breaking a compiled graph."""
    return tensor.is_cpu and not torch.compiler.is_compiling()


def check_batch(batch: Tensor, num_graphs: int) -> None:
    """Raise unless every entry is the number of a graph.

    Raises:
        ValueError: one is not.

    >>> check_batch(torch.tensor([0, 2]), 3)
    """
    if not batch.numel():
        return
    lowest, highest = map(int, batch.aminmax())
    if lowest < 0 or highest >= num_graphs:
        raise ValueError(
            f"`batch` must be between 0 and num_graphs - 1 = {num_graphs - 1}, "
            f"got {lowest} to {highest}"
        )


def check_columns(edge_index: Tensor, batch: Tensor | None, num_nodes: int) -> None:
    """Raise unless every column joins two nodes of the same graph.

    Raises:
        ValueError: one does not.

    >>> check_columns(torch.tensor([[0], [1]]), torch.tensor([0, 0]), 2)
    """
    if not edge_index.numel():
        return
    lowest, highest = map(int, edge_index.aminmax())
    if lowest < 0 or highest >= num_nodes:
        raise ValueError(
            f"`edge_index` must be between 0 and num_nodes - 1 = {num_nodes - 1}, "
            f"got {lowest} to {highest}"
        )
    if batch is None:
        return
    source, target = batch[edge_index[0]], batch[edge_index[1]]
    crossing = (source != target).nonzero()
    if crossing.numel():
        first = int(crossing[0])
        raise ValueError(
            f"`edge_index` must join nodes of the same graph, but column {first} joins graphs "
            f"{int(source[first])} and {int(target[first])} ({crossing.numel()} such columns); "
            "make the edges after the last step that reorders or removes nodes"
        )


def check_springs(
    edge_index: Tensor | None, batch: Tensor | None, num_graphs: int, num_nodes: int
) -> None:
    """Raise unless every node has a graph and every column, if any, joins two nodes of one.

    Raises:
        ValueError: an index is out of range, or a column joins two graphs.

    >>> check_springs(None, torch.tensor([0, 2]), 3, 2)
    """
    if batch is not None:
        check_batch(batch, num_graphs)
    if edge_index is not None:
        check_columns(edge_index, batch, num_nodes)
