"""What the metrics of one structure beside another share: a mean over structures."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

try:
    from torchmetrics import Metric
except ImportError as error:
    raise ImportError(
        "metrics with `update` and `compute` need torchmetrics: pip install 'pyg-energyloss[train]'"
    ) from error

__all__ = ["GraphMean", "Metric"]


class GraphMean(Metric):
    """Average a value per structure over batches and processes; a subclass says which value.

    Structures for which a subclass has no value (no bonds, say) are left out. Atoms that
    ``data.pos_mask`` leaves out are not there.
    """

    is_differentiable = False
    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        zero = torch.tensor(0.0, dtype=torch.float64)
        self.add_state("total", default=zero, dist_reduce_fx="sum")
        self.add_state("count", default=torch.tensor(0), dist_reduce_fx="sum")

    def graph_values(self, pos_pred: Tensor, data: Any) -> tuple[Tensor, Tensor]:
        """Return the value of each graph [num_graphs] and whether it has one [num_graphs]."""
        raise NotImplementedError

    def update(self, pos_pred: Tensor, data: Any) -> None:
        """Count a batch: predicted positions [num_nodes, 3] and its PyG data."""
        with torch.no_grad():
            value, there = self.graph_values(pos_pred.detach(), data)
        self.total += torch.where(there, value, 0.0).to(self.total.dtype).sum()
        self.count += there.sum()

    def compute(self) -> Tensor:
        """Return the mean over structures; NaN if there were none."""
        return (self.total / self.count).to(torch.get_default_dtype())
