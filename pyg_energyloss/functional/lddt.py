"""The lDDT score of structure prediction, with hard thresholds."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import check_positions, compute_dtype
from pyg_energyloss.functional.neighbour_energy import neighbour_energy
from pyg_energyloss.functional.neighbour_weight import neighbour_weight
from pyg_energyloss.potentials import Potential
from pyg_energyloss.potentials.lddt import THRESHOLDS


class _Lost(Potential):
    """The share of the thresholds that a deviation reaches; NaN reaches all."""

    def energy(self, stretch: Tensor) -> Tensor:
        off = stretch.abs()
        kept = torch.stack([off < limit for limit in THRESHOLDS])
        return 1.0 - kept.to(off.dtype).mean(dim=0)

    def tension(self, stretch: Tensor) -> Tensor:
        return torch.zeros_like(stretch)


def lddt(
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
    r"""Return the share of neighbour distances that are preserved, by graph: a score, not a loss.

    .. math:: \frac{\sum_{i \ne j,\, d_{ij} < c_i} w_i w_j \tfrac14 \sum_t [|e_{ij}| < t]}
              {\sum_{i \ne j,\, d_{ij} < c_i} w_i w_j}, \quad t \in \{\tfrac12, 1, 2, 4\}

    It is 1 for a perfect prediction and its mirror image. `smooth_lddt` is what can be trained on.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        cutoff: c_i, the true distance in Å up to which atoms are neighbours.
        node_weight: w_i [num_nodes]; a pair weighs w_i w_j, a node of weight 0 is not there.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        is_nucleotide: atoms of nucleotides [num_nodes], which have another cutoff; None means none.
        nucleotide_cutoff: c_i of these, in Å.

    Returns:
        [num_graphs], between 0 and 1, without gradient; NaN for graphs without neighbours.

    Raises:
        TypeError, ValueError: an argument has a wrong type or shape.

    >>> lddt(torch.tensor([[0.0], [1.7]]), torch.tensor([[0.0], [1.0]]))  # 0.7 Å off
    tensor([0.7500])

    Source: Mariani, Biasini, Barbato, Schwede, Bioinformatics 29, 2722 (2013), over all atoms; the
    check of bond lengths and clashes that may go before it is not part of this.
    """
    check_positions(pos_pred, pos_target)
    options: dict[str, Any] = {
        "cutoff": cutoff,
        "is_nucleotide": is_nucleotide,
        "nucleotide_cutoff": nucleotide_cutoff,
        "batch": batch,
        "num_graphs": num_graphs,
        "node_weight": node_weight,
    }
    with torch.no_grad():
        neighbours = neighbour_weight(pos_target.to(compute_dtype(pos_pred)), **options)
        lost = neighbour_energy(pos_pred, pos_target, potential=_Lost(), **options)
        score: Tensor = 1.0 - lost / neighbours.to(lost.dtype)
        return score
