"""What a step of a training on crystals is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch

from pyg_energyloss.experiments.crystals.spec import CrystalSpec
from pyg_energyloss.experiments.crystals.tasks import CrystalTask
from pyg_energyloss.experiments.splits import SplitTraining
from pyg_energyloss.metrics.crystals import distance_errors


class CrystalTraining(SplitTraining):
    """Trains ``network(batch) -> pos, cell`` with ``loss(pos, batch, cell_pred=cell)`` on a task.

    Args:
        spec: Of the run.
        network: Any registered model of crystals.
        loss: Any structure loss; one that takes ``cell_pred`` where the lattice is predicted.
        task: Makes the inputs of each batch.
        splits: Crystals by split.
    """

    weight_decay = 1e-5
    validation_graphs = 60

    def __init__(
        self,
        spec: CrystalSpec,
        network: nn.Module,
        loss: Callable[..., Tensor],
        task: CrystalTask,
        splits: dict[str, Any],
    ) -> None:
        super().__init__(spec, network, splits)
        self.loss, self.task = loss, task

    def losses(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """The loss of the network's crystals."""
        batch = self.task.prepare(batch, generator)
        pos, cell = self.network(batch)
        given = {} if cell is None else {"cell_pred": cell}
        return {"loss": self.loss(pos, batch, **given)}

    def validate(self) -> dict[str, float]:
        """Error of the distances to neighbours, in Å, on fixed validation crystals."""
        batch = self.validation
        pos, cell = self.network(batch)
        return {"val_distance_mae": float(distance_errors(pos, batch, cell).nanmean())}

    def held_out(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Inputs of the task, at its middle noise level if it has some."""
        levels = self.task.levels
        level = levels[len(levels) // 2] if levels else None
        return self.task.prepare(batch, generator, level=level)
