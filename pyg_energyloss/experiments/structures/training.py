"""What a step of a training on structures is."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch

from pyg_energyloss.data.loader import FlatLoader, assemble
from pyg_energyloss.experiments.structures.spec import StructureSpec
from pyg_energyloss.experiments.structures.tasks import Task
from pyg_energyloss.experiments.training import Training
from pyg_energyloss.metrics.distances import DistanceEvaluator
from pyg_energyloss.metrics.geometry import GeometryEvaluator

#: Stream of random numbers of the validation batch; training steps use 0, 1, 2, ...
VALIDATION_STREAM = 2**31
VALIDATION_GRAPHS = 100


class StructureTraining(Training):
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
        size = min(spec.batch_size, len(splits["train"]))
        loader = FlatLoader(
            splits["train"], batch_size=size, shuffle=True, seed=spec.seed, drop_last=True
        )
        super().__init__(spec, network, loader)
        self.loss, self.task, self.splits = loss, task, splits

    def losses(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """The loss of the network's structures."""
        batch = self.task.prepare(batch, generator)
        return {"loss": self.loss(self.network(batch), batch)}

    def validate(self) -> dict[str, float]:
        """MAE of bond lengths and of all distances, in Å, on fixed validation molecules."""
        batch = self._validation
        pos = self.network(batch)
        bonds = GeometryEvaluator()(pos, batch)["bond_mae"]
        pairs = DistanceEvaluator()(pos, batch)["distance_mae"]
        return {"val_bond_mae": float(bonds.nanmean()), "val_distance_mae": float(pairs.nanmean())}

    @cached_property
    def _validation(self) -> Batch:
        rows = torch.arange(min(VALIDATION_GRAPHS, len(self.splits["val"])))
        batch = assemble(self.splits["val"], rows).to(self.device)
        levels = self.task.levels
        level = levels[len(levels) // 2] if levels else None
        return self.task.prepare(batch, self.generator(VALIDATION_STREAM), level=level)
