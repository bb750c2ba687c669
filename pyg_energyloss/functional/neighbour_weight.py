"""How many pairs of each graph are closer than a cutoff."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.complete_pair_energy import complete_pair_energy
from pyg_energyloss.functional.graphs import compute_dtype
from pyg_energyloss.potentials import LDDT


def neighbour_weight(
    pos: Tensor,
    cutoff: float | None,
    *,
    node_weight: Tensor | None = None,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
) -> Tensor:
    r"""Return the number of ordered pairs closer than a cutoff, or the sum of their weights.

    .. math:: \sum_{i \ne j,\, |y_i - y_j| < c} w_i w_j

    Args:
        pos: positions [num_nodes, dim], in Å.
        cutoff: c, in Å; None counts all pairs.
        node_weight: w_i [num_nodes]; None means one.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.

    Returns:
        [num_graphs], at least float32, without gradient.

    >>> neighbour_weight(torch.tensor([[0.0], [1.0], [3.0]]), 2.5).round(decimals=4)
    tensor([4.])
    """
    potential = LDDT()
    with torch.no_grad():
        place = pos.to(compute_dtype(pos))
        # The one potential that is not zero where nothing has moved.
        one = potential.energy(place.new_zeros(()))
        total = complete_pair_energy(
            place,
            place,
            potential=potential,
            cutoff=cutoff,
            node_weight=node_weight,
            batch=batch,
            num_graphs=num_graphs,
        )
        return total / one
