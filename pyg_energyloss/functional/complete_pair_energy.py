"""The pair energy over all pairs of each graph."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import check_positions, resolve_batch
from pyg_energyloss.functional.pair_energy import pair_energy


def complete_pair_energy(
    pos_pred: Tensor,
    pos_target: Tensor,
    *,
    stiffness: Callable[[Tensor], Tensor] | None = None,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
) -> Tensor:
    r"""Return the energy of the springs between all pairs of atoms, for each graph.

    .. math:: E = \sum_{i,j} \tfrac12 k(|y_i - y_j|) (|y_i - y_j| - |\hat y_i - \hat y_j|)^2

    The sum runs over ordered pairs, so every spring counts twice.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        stiffness: true distance -> k, taken without gradient; None means k = 1.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.

    Returns:
        [num_graphs], energy in stiffness x Å², twice differentiable in the positions.

    Raises:
        TypeError, ValueError: an argument has a wrong type or shape.

    >>> pred, target = torch.tensor([[0.0], [3.0]]), torch.tensor([[0.0], [1.0]])
    >>> complete_pair_energy(pred, target)
    tensor([4.])

    Source: arXiv 2511.02087, eq 7.
    """
    check_positions(pos_pred, pos_target)
    batch, count = resolve_batch(pos_pred, batch, num_graphs)
    index = torch.zeros(pos_pred.size(0), dtype=torch.long) if batch is None else batch
    edge_index = (index[:, None] == index[None, :]).nonzero().t()
    return pair_energy(
        pos_pred, pos_target, edge_index, stiffness=stiffness, batch=batch, num_graphs=count
    )
