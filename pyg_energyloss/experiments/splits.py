"""What every training on a data set of structures shares: its batches, its validation batch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch

from pyg_energyloss.data.loader import FlatLoader, assemble
from pyg_energyloss.experiments.spec import TrainingSpec
from pyg_energyloss.experiments.training import Training
from pyg_energyloss.metrics.geometry import GeometryEvaluator

#: Stream of random numbers of the validation batch; training steps use 0, 1, 2, ...
VALIDATION_STREAM = 2**31


class SplitTraining(Training):
    """A `Training` on structures by split; the first of the validation split make the curve.

    Args:
        spec: Of the run.
        network: What is trained.
        splits: Structures by split.
        share: Of the training structures, the first ones.
    """

    #: Validation structures that are looked at.
    validation_graphs = 100

    def __init__(
        self, spec: TrainingSpec, network: nn.Module, splits: dict[str, Any], *, share: float = 1.0
    ) -> None:
        train = splits["train"]
        if share < 1:
            train = train[: max(1, round(share * len(train)))]
        size = min(spec.batch_size, len(train))
        loader = FlatLoader(train, batch_size=size, shuffle=True, seed=spec.seed, drop_last=True)
        super().__init__(spec, network, loader)
        self.splits = splits

    @abstractmethod
    def held_out(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Give validation structures their inputs, once."""

    @cached_property
    def validation(self) -> Batch:
        """Validation structures, the same in the whole training."""
        rows = torch.arange(min(self.validation_graphs, len(self.splits["val"])))
        batch = assemble(self.splits["val"], rows).to(self.device)
        return self.held_out(batch, self.generator(VALIDATION_STREAM))

    def bond_error(self, pos: Tensor) -> dict[str, float]:
        """Bond-length MAE of predicted validation molecules, Å."""
        error = GeometryEvaluator()(pos, self.validation)["bond_mae"]
        return {"val_bond_mae": float(error.nanmean())}


class TaskTraining(SplitTraining):
    """A `SplitTraining` whose inputs a task makes and whose outputs one loss scores.

    Args:
        spec: Of the run.
        network: Any registered model for the task.
        loss: Any structure loss.
        task: Makes input and target of each batch.
        splits: Structures by split.
    """

    weight_decay = 1e-5

    def __init__(
        self,
        spec: TrainingSpec,
        network: nn.Module,
        loss: Callable[..., Tensor],
        task: Any,
        splits: dict[str, Any],
    ) -> None:
        super().__init__(spec, network, splits)
        self.loss, self.task = loss, task

    def held_out(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Inputs of the task, at its middle noise level if it has some."""
        levels = self.task.levels
        level = levels[len(levels) // 2] if levels else None
        made: Batch = self.task.prepare(batch, generator, level=level)
        return made
