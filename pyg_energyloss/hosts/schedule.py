"""Values of a noise schedule, spread over nodes or collected by graph."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import graph_sum


def per_node(values: Tensor | float, batch: Tensor, num_nodes: int, like: Tensor) -> Tensor:
    """Return a schedule's values as a column [num_nodes, 1].

    Args:
        values: a number, one value per graph, or one per node; further axes of size 1 are dropped.
        batch: graph of each node [num_nodes].
        num_nodes: number of nodes.
        like: gives dtype and device.

    Raises:
        ValueError: another number of values.

    >>> per_node(0.5, torch.tensor([0, 0]), 2, torch.zeros(1)).tolist()
    [[0.5], [0.5]]
    """
    found = torch.as_tensor(values, dtype=like.dtype, device=like.device).reshape(-1)
    if len(found) == 1:
        return found.expand(num_nodes).unsqueeze(-1)
    # With as many graphs as nodes every graph is one node, and both readings agree up to order.
    if len(found) == num_nodes:
        return found.unsqueeze(-1)
    graphs = int(batch.max()) + 1 if len(batch) else 0
    if len(found) < graphs:
        raise ValueError(
            f"`alpha` and `sigma` must have 1, {graphs} (graphs) or {num_nodes} (nodes) values, "
            f"got {len(found)}"
        )
    return found[batch].unsqueeze(-1)


def per_graph(values: Tensor | float, batch: Tensor, num_graphs: int, like: Tensor) -> Tensor:
    """Return a schedule's values per graph [num_graphs]; see `per_node`.

    Values per node are the same within a graph; their mean is taken.
    """
    found = torch.as_tensor(values, dtype=like.dtype, device=like.device).reshape(-1)
    if len(found) == 1:
        return found.expand(num_graphs)
    if len(found) == num_graphs and len(batch) != num_graphs:
        return found
    column = per_node(values, batch, len(batch), like)[:, 0]
    count = graph_sum(torch.ones_like(column), batch, num_graphs).clamp(min=1.0)
    return graph_sum(column, batch, num_graphs) / count
