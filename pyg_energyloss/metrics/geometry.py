"""Errors of interatomic distances: bonds, 1-3 and 1-4 pairs."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data

#: Metric name of each topological distance; 1-3 distances stand for angles, 1-4 for torsions.
NAMES = {1: "bond_mae", 2: "pair13_mae", 3: "pair14_mae"}


class GeometryEvaluator:
    """Mean absolute error of the distances between atoms 1, 2 and 3 bonds apart.

    >>> import torch
    >>> from torch_geometric.data import Batch, Data
    >>> item = Data(pos=torch.tensor([[0.0, 0, 0], [1, 0, 0]]), num_nodes=2)
    >>> item.hop_index, item.hop = torch.tensor([[0, 1], [1, 0]]), torch.ones(2).long()
    >>> batch = Batch.from_data_list([item])
    >>> GeometryEvaluator()(1.5 * item.pos, batch)["bond_mae"]
    tensor([0.5000])
    """

    def __call__(self, pos_pred: Tensor, data: Data) -> dict[str, Tensor]:
        """Evaluate a batch.

        Args:
            pos_pred: Predicted positions [num_nodes, 3], Å.
            data: Batch with ``pos``, ``hop_index``, ``hop``.

        Returns:
            ``bond_mae``, ``pair13_mae``, ``pair14_mae``, each [num_graphs] in Å; NaN where a graph
            has no such pair.
        """
        source, target = data.hop_index
        predicted = (pos_pred[source] - pos_pred[target]).norm(dim=-1)
        true = (data.pos[source] - data.pos[target]).norm(dim=-1)
        error = (predicted - true).abs()
        graph = data.batch[source]
        metrics = {}
        for hops, name in NAMES.items():
            chosen = data.hop == hops
            zeros = torch.zeros(data.num_graphs, dtype=error.dtype, device=error.device)
            total = zeros.index_add(0, graph[chosen], error[chosen])
            count = zeros.index_add(0, graph[chosen], torch.ones_like(error[chosen]))
            metrics[name] = total / count  # 0 / 0 is NaN: no such pair
        return metrics
