"""Stereo accuracy as a torchmetrics class."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.metrics.graph_mean import Metric
from pyg_energyloss.metrics.stereo import stereo_right


class StereoAccuracy(Metric):
    """Share of all stereo centres and double bonds that have the right hand.

    Counts are summed over batches and processes. See `stereo_right`.

    >>> from torch_geometric.data import Data
    >>> pos = torch.tensor([[0.0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    >>> bonds = torch.tensor([[0, 0, 0, 0], [1, 2, 3, 4]])
    >>> centre = Data(pos=pos, z=torch.tensor([6, 1, 9, 17, 35]), edge_index=bonds)
    >>> metric = StereoAccuracy()
    >>> metric.update(pos, centre)
    >>> metric.update(-pos, centre)
    >>> metric.compute()
    tensor(0.5000)
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False
    right: Tensor
    total: Tensor

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.add_state("right", default=torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("total", default=torch.tensor(0), dist_reduce_fx="sum")

    def update(self, pos_pred: Tensor, data: Any) -> None:
        """Count a batch: predicted positions [num_nodes, 3] and its PyG data."""
        right = stereo_right(pos_pred, data)[0]
        self.right += right.sum()
        self.total += right.numel()

    def compute(self) -> Tensor:
        """Return the share; NaN if there was nothing of either hand."""
        return self.right / self.total
