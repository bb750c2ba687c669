"""The smooth lDDT loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import check_positions, compute_dtype
from pyg_energyloss.functional.neighbour_energy import neighbour_energy
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
    is_nucleotide: Tensor | None = None,
    nucleotide_cutoff: float | None = 30.0,
) -> Tensor:
    r"""Return the share of neighbour distances that are lost, one minus smooth lDDT, by graph.

    .. math:: 1 - \text{lDDT} = \frac{\sum_{i \ne j,\, d_{ij} < c_i} w_i w_j\, \varphi(e_{ij})}
              {\sum_{i \ne j,\, d_{ij} < c_i} w_i w_j}, \quad
              \varphi(e) = 1 - \tfrac14 \sum_{t} \sigma(t - |e|),
              \; t \in \{\tfrac12, 1, 2, 4\}

    It is 0.196 for a perfect prediction. Memory is linear in the atoms.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å, or samples of the same structures
            [num_samples, num_nodes, dim], for which the target is looked at once.
        pos_target: true positions [num_nodes, dim], in Å.
        cutoff: c_i, the true distance in Å up to which atoms are neighbours.
        node_weight: w_i [num_nodes]; a pair weighs w_i w_j, a node of weight 0 is not there.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        is_nucleotide: atoms of nucleotides [num_nodes], which have another cutoff; None means none.
        nucleotide_cutoff: c_i of these, in Å.

    Returns:
        [num_graphs] or [num_samples, num_graphs], between 0 and 1, twice differentiable in
        `pos_pred`; 0 for graphs without neighbours.

    Raises:
        TypeError, ValueError: an argument has a wrong type or shape.

    >>> target = torch.tensor([[0.0], [1.0], [2.0]])
    >>> smooth_lddt(target, target).round(decimals=4)
    tensor([0.1959])

    Source: Abramson et al., Nature 630 (2024) 493, supplementary algorithm 27.
    """
    if pos_pred.dim() == pos_target.dim():
        check_positions(pos_pred, pos_target)
    options: dict[str, Any] = {
        "cutoff": cutoff,
        "is_nucleotide": is_nucleotide,
        "nucleotide_cutoff": nucleotide_cutoff,
        "batch": batch,
        "num_graphs": num_graphs,
        "node_weight": node_weight,
    }
    neighbours = neighbour_weight(pos_target.to(compute_dtype(pos_pred)), **options)
    lost = neighbour_energy(pos_pred, pos_target, potential=LDDT(), **options)
    share = lost.to(neighbours.dtype) / torch.where(neighbours > 0, neighbours, 1.0)
    return saturate(share, pos_pred.dtype)
