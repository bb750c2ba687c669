"""The smooth lDDT loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.complete_pair_energy import complete_pair_energy
from pyg_energyloss.functional.graphs import check_positions, compute_dtype
from pyg_energyloss.functional.neighbour_weight import neighbour_weight
from pyg_energyloss.functional.saturate import saturate
from pyg_energyloss.potentials import LDDT


def smooth_lddt(
    pos_pred: Tensor,
    pos_target: Tensor,
    *,
    cutoff: float = 15.0,
    node_weight: Tensor | None = None,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
) -> Tensor:
    r"""Return the share of neighbour distances that are lost, one minus smooth lDDT, by graph.

    .. math:: 1 - \text{lDDT} = \frac{\sum_{i \ne j,\, d_{ij} < c} w_i w_j\, \varphi(e_{ij})}
              {\sum_{i \ne j,\, d_{ij} < c} w_i w_j}, \quad
              \varphi(e) = 1 - \tfrac14 \sum_{t} \sigma(t - |e|),
              \; t \in \{\tfrac12, 1, 2, 4\}

    It is 0.196 for a perfect prediction. Memory is linear in the atoms.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        cutoff: c, the true distance in Å up to which atoms are neighbours: 15 for proteins, 30 for
            nucleic acids.
        node_weight: w_i [num_nodes]; a pair weighs w_i w_j, a node of weight 0 is not there.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.

    Returns:
        [num_graphs], between 0 and 1, twice differentiable in `pos_pred`; 0 for graphs without
        neighbours.

    Raises:
        TypeError, ValueError: an argument has a wrong type or shape.

    >>> target = torch.tensor([[0.0], [1.0], [2.0]])
    >>> smooth_lddt(target, target).round(decimals=4)
    tensor([0.1959])

    Source: Abramson et al., Nature 630 (2024) 493, supplementary algorithm 27; there the cutoff of
    nucleotides is another than that of the other atoms of the same structure.
    """
    check_positions(pos_pred, pos_target)
    graphs: dict[str, Any] = {
        "batch": batch,
        "num_graphs": num_graphs,
        "node_weight": node_weight,
    }
    neighbours = neighbour_weight(pos_target.to(compute_dtype(pos_pred)), cutoff, **graphs)
    lost = complete_pair_energy(pos_pred, pos_target, potential=LDDT(), cutoff=cutoff, **graphs)
    share = lost.to(neighbours.dtype) / torch.where(neighbours > 0, neighbours, 1.0)
    return saturate(share, pos_pred.dtype)
