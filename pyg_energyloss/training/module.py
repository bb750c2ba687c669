"""The Lightning module that trains any model with any structure loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import IterableDataset
from torch_geometric.data import Batch

from pyg_energyloss.data.loader import FlatLoader
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.metrics.geometry import GeometryEvaluator
from pyg_energyloss.training.tasks import Task

#: Steps over which the learning rate rises to its peak, as a share of all.
WARM_UP = 0.1


class StepStream(IterableDataset[Batch]):
    """The batches of steps ``start``, ``start + 1``, ... of an endless shuffled stream.

    The batch of a step depends on the seed and the step alone, so a resumed run sees what an
    uninterrupted one would have seen.
    """

    def __init__(
        self, dataset: MoleculeDataset, *, batch_size: int, seed: int, start: int = 0
    ) -> None:
        super().__init__()
        size = min(batch_size, len(dataset))
        self.loader = FlatLoader(dataset, batch_size=size, shuffle=True, seed=seed, drop_last=True)
        self.start = start

    def __iter__(self) -> Iterator[Batch]:
        return self.loader.stream(self.start)


class StructureModule(pl.LightningModule):
    """Trains ``model(batch) -> pos`` with ``loss(pos, batch)`` on a task.

    Args:
        model: Any registered model.
        loss: Any structure loss.
        task: Makes input and target of each batch.
        train: Training molecules.
        val: Validation molecules, one batch of which is looked at now and then.
        batch_size: Graphs per step.
        steps: Optimiser steps in all.
        learning_rate: Peak of the schedule.
        seed: Seed of data order, rotations and noise.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[[Tensor, Batch], Tensor],
        task: Task,
        *,
        train: MoleculeDataset,
        val: MoleculeDataset,
        batch_size: int,
        steps: int,
        learning_rate: float,
        seed: int,
    ) -> None:
        super().__init__()
        self.model, self.loss, self.task = model, loss, task
        self.train_set, self.val_set = train, val
        self.batch_size, self.steps = batch_size, steps
        self.learning_rate, self.seed = learning_rate, seed

    def forward(self, batch: Batch) -> Tensor:
        """Predict positions."""
        pos: Tensor = self.model(batch)
        return pos

    def generator(self, stream: int) -> torch.Generator:
        """Random numbers of one step, whatever came before."""
        # torch's CPU generator looks at 32 bits of a seed only, so both numbers are mixed first.
        mixed = np.random.SeedSequence([self.seed, stream]).generate_state(1)[0]
        return torch.Generator(self.device).manual_seed(int(mixed))

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        """One step's loss."""
        batch = self.task.prepare(batch, self.generator(self.global_step))
        loss = self.loss(self(batch), batch)
        self.log("loss", loss, prog_bar=True, batch_size=batch.num_graphs)
        return loss

    @torch.no_grad()
    def validation_error(self, batch: Batch) -> float:
        """Bond-length MAE in Å on a prepared batch, for the training curve."""
        was_training = self.training
        self.eval()
        error = GeometryEvaluator()(self(batch), batch)["bond_mae"]
        self.train(was_training)
        return float(error.nanmean())

    def train_dataloader(self) -> torch.utils.data.DataLoader[Batch]:
        """The stream from the current step on."""
        stream = StepStream(
            self.train_set, batch_size=self.batch_size, seed=self.seed, start=self.global_step
        )
        return torch.utils.data.DataLoader(stream, batch_size=None)

    def configure_optimizers(self) -> Any:
        """AdamW; the learning rate rises linearly, then falls to zero along a cosine."""
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.learning_rate, weight_decay=1e-5)
        warm_up = max(1, round(WARM_UP * self.steps))

        def factor(step: int) -> float:
            if step < warm_up:
                return (step + 1) / warm_up
            return 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, self.steps - warm_up)))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }
