"""What a step of a training on structures is."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Batch

from pyg_energyloss.experiments.splits import TaskTraining
from pyg_energyloss.metrics.distances import DistanceEvaluator


class StructureTraining(TaskTraining):
    """Trains ``network(batch) -> pos`` with ``loss(pos, batch)`` on a task; see `TaskTraining`."""

    def losses(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """The loss of the network's structures."""
        batch = self.task.prepare(batch, generator)
        return {"loss": self.loss(self.network(batch), batch)}

    def validate(self) -> dict[str, float]:
        """MAE of bonds and of all distances in Å, and lDDT, on fixed validation structures."""
        pos = self.network(self.validation)
        found = DistanceEvaluator()(pos, self.validation)
        means = {f"val_{name}": float(value.nanmean()) for name, value in found.items()}
        return {**self.bond_error(pos), **means}
