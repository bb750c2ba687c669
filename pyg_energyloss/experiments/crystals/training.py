"""What a step of a training on crystals is."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch

from pyg_energyloss.data.loader import FlatLoader, assemble
from pyg_energyloss.experiments.crystals.spec import CrystalSpec
from pyg_energyloss.experiments.crystals.tasks import CrystalTask
from pyg_energyloss.experiments.training import Training
from pyg_energyloss.metrics.crystals import distance_errors

#: Stream of random numbers of the validation batch; training steps use 0, 1, 2, ...
VALIDATION_STREAM = 2**31
VALIDATION_GRAPHS = 60


class CrystalTraining(Training):
    """Trains ``network(batch) -> pos, cell`` with ``loss(pos, batch, cell_pred=cell)`` on a task.

    Args:
        spec: Of the run.
        network: Any registered model of crystals.
        loss: Any structure loss; one that takes ``cell_pred`` where the lattice is predicted.
        task: Makes the inputs of each batch.
        splits: Crystals by split.
    """

    weight_decay = 1e-5

    def __init__(
        self,
        spec: CrystalSpec,
        network: nn.Module,
        loss: Callable[..., Tensor],
        task: CrystalTask,
        splits: dict[str, Any],
    ) -> None:
        size = min(spec.batch_size, len(splits["train"]))
        loader = FlatLoader(
            splits["train"], batch_size=size, shuffle=True, seed=spec.seed, drop_last=True
        )
        super().__init__(spec, network, loader)
        self.loss, self.task, self.splits = loss, task, splits

    def losses(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """The loss of the network's crystals."""
        batch = self.task.prepare(batch, generator)
        pos, cell = self.network(batch)
        given = {} if cell is None else {"cell_pred": cell}
        return {"loss": self.loss(pos, batch, **given)}

    def validate(self) -> dict[str, float]:
        """Error of the distances to neighbours, in Å, on fixed validation crystals."""
        batch = self._validation
        pos, cell = self.network(batch)
        return {"val_distance_mae": float(distance_errors(pos, batch, cell).nanmean())}

    @cached_property
    def _validation(self) -> Batch:
        rows = torch.arange(min(VALIDATION_GRAPHS, len(self.splits["val"])))
        batch = assemble(self.splits["val"], rows).to(self.device)
        levels = self.task.levels
        level = levels[len(levels) // 2] if levels else None
        return self.task.prepare(batch, self.generator(VALIDATION_STREAM), level=level)
