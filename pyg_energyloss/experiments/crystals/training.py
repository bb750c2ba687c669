"""What a step of a training on crystals is."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Batch

from pyg_energyloss.experiments.splits import TaskTraining
from pyg_energyloss.metrics.crystals import distance_errors


class CrystalTraining(TaskTraining):
    """Trains ``network(batch) -> pos, cell`` with ``loss(pos, batch, cell_pred=cell)`` on a task.

    Args:
        spec: Of the run.
        network: Any registered model of crystals.
        loss: Any structure loss; one that takes ``cell_pred`` where the lattice is predicted.
        task: Makes the inputs of each batch.
        splits: Crystals by split.
    """

    validation_graphs = 60

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
