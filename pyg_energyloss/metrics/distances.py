"""Errors of all interatomic distances, and the share of them that is preserved."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss.functional import lddt, neighbour_weight
from pyg_energyloss.losses.distance import DistanceLoss
from pyg_energyloss.losses.parts.graph_info import graph_info


class DistanceEvaluator:
    """Mean absolute error of all distances of a structure, and its lDDT.

    Args:
        cutoff: true distance in Å up to which atoms are neighbours, for the lDDT.

    >>> from torch_geometric.data import Batch, Data
    >>> batch = Batch.from_data_list([Data(pos=torch.tensor([[0.0], [1.0]]))])
    >>> found = DistanceEvaluator()(1.7 * batch.pos, batch)  # 0.7 Å off
    >>> {name: round(float(value), 4) for name, value in found.items()}
    {'distance_mae': 0.7, 'lddt': 0.75}
    """

    def __init__(self, *, cutoff: float = 15.0) -> None:
        self.cutoff = cutoff

    def __call__(self, pos_pred: Tensor, data: Data) -> dict[str, Tensor]:
        """Evaluate a batch.

        Args:
            pos_pred: Predicted positions [num_nodes, dim], Å.
            data: Batch with ``pos``.

        Returns:
            ``distance_mae`` in Å and ``lddt``, 1 at best, each [num_graphs]; NaN where a graph has
            no pair.
        """
        graphs = graph_info(data).graphs
        error = DistanceLoss("l1", reduction="none")(pos_pred.detach(), data)
        alone = neighbour_weight(data.pos, None, **graphs) == 0
        return {
            "distance_mae": torch.where(alone, torch.nan, error),
            "lddt": lddt(pos_pred, data.pos, cutoff=self.cutoff, **graphs),
        }
