"""Springs between neighbours along a chain."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.utils import coalesce

from pyg_energyloss.functional import pair_energy
from pyg_energyloss.losses import GraphInfo, StructureLoss


class NeighbourEnergyLoss(StructureLoss):
    """Springs between neighbours along a chain: atoms that follow each other in the batch.

    Args:
        reduction: over graphs: "mean", "sum", or "none" for one value per graph.
    """

    def graph_values(self, pos_pred: Tensor, info: GraphInfo) -> Tensor:
        """Return the energy of each chain [num_graphs]."""
        node = torch.arange(len(pos_pred), device=pos_pred.device)
        batch = torch.zeros_like(node) if info.batch is None else info.batch
        first = node[:-1][batch[:-1] == batch[1:]]
        edges = coalesce(torch.stack([first, first + 1]))
        both = torch.cat([edges, edges.flip(0)], dim=1)
        return pair_energy(pos_pred, info.pos, both, batch=info.batch, num_graphs=info.num_graphs)
