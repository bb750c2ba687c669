"""What a step of a training on structures is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch

from pyg_energyloss.experiments.splits import SplitTraining
from pyg_energyloss.experiments.structures.spec import StructureSpec
from pyg_energyloss.experiments.structures.tasks import Task
from pyg_energyloss.metrics.distances import DistanceEvaluator


class StructureTraining(SplitTraining):
    """Trains ``network(batch) -> pos`` with ``loss(pos, batch)`` on a task.

    Args:
        spec: Of the run.
        network: Any registered model.
        loss: Any structure loss.
        task: Makes input and target of each batch.
        splits: Molecules by split.
    """

    weight_decay = 1e-5

    def __init__(
        self,
        spec: StructureSpec,
        network: nn.Module,
        loss: Callable[[Tensor, Batch], Tensor],
        task: Task,
        splits: dict[str, Any],
    ) -> None:
        super().__init__(spec, network, splits)
        self.loss, self.task = loss, task

    def losses(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """The loss of the network's structures."""
        batch = self.task.prepare(batch, generator)
        return {"loss": self.loss(self.network(batch), batch)}

    def validate(self) -> dict[str, float]:
        """MAE of bond lengths and of all distances, in Å, on fixed validation molecules."""
        pos = self.network(self.validation)
        pairs = DistanceEvaluator()(pos, self.validation)["distance_mae"]
        return {**self.bond_error(pos), "val_distance_mae": float(pairs.nanmean())}

    def held_out(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Inputs of the task, at its middle noise level if it has some."""
        levels = self.task.levels
        level = levels[len(levels) // 2] if levels else None
        return self.task.prepare(batch, generator, level=level)
