"""The Lightning module that trains any spin model with any spin loss."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset
from torch_geometric.data import Data

from pyg_energyloss.spins import SpinEvaluator, SpinSystems

#: Steps over which the learning rate rises to its peak, as a share of all.
WARM_UP = 0.1


def constant(_step: int, _steps: int) -> float:
    """Return 1: the learning rate stays as it is, as in the paper.

    Example:
        >>> constant(3, 10)
        1.0
    """
    return 1.0


def cosine(step: int, steps: int) -> float:
    """Return the share of the peak learning rate: a linear rise, then a fall along a cosine.

    Example:
        >>> [round(cosine(step, 10), 2) for step in (0, 1, 9)]
        [0.5, 1.0, 0.03]
    """
    warm = max(1.0, WARM_UP * steps)
    if step < warm:
        return (step + 1) / (warm + 1)
    return 0.5 + 0.5 * math.cos(math.pi * (step - warm) / max(1.0, steps - warm))


#: name -> share of the learning rate at (step, number of steps).
SCHEDULES: dict[str, Callable[[int, int], float]] = {"constant": constant, "cosine": cosine}


class SystemStream(IterableDataset[Data]):
    """The batches of steps ``start``, ``start + 1``, ... of an endless shuffled stream.

    The batch of a step depends on the seed and the step alone, so a resumed run sees what an
    uninterrupted one would have seen.

    Args:
        systems: What to train on.
        batch_size: Systems per batch.
        seed: Of the order.
        start: First step.
    """

    def __init__(self, systems: SpinSystems, *, batch_size: int, seed: int, start: int = 0) -> None:
        super().__init__()
        self.systems = systems
        self.batch_size = min(batch_size, len(systems))
        self.seed, self.start = seed, start

    def __iter__(self) -> Iterator[Data]:
        per_pass = len(self.systems) // self.batch_size
        step = self.start
        while True:
            number, first = divmod(step, per_pass)
            # Both numbers are mixed: torch's CPU generator reads 32 bits of a seed.
            mixed = np.random.SeedSequence([self.seed, number]).generate_state(1)
            generator = torch.Generator().manual_seed(int(mixed[0]))
            order = torch.randperm(len(self.systems), generator=generator)
            for index in range(first, per_pass):
                chosen = order[index * self.batch_size : (index + 1) * self.batch_size]
                yield self.systems.batch(chosen)
                step += 1


class SpinModule(pl.LightningModule):
    """Trains ``model(batch) -> logits`` with ``loss(logits, batch)``.

    Args:
        model: Any registered spin model.
        loss: Any spin loss.
        train: Systems to train on.
        batch_size: Systems per step.
        steps: Optimiser steps in all.
        learning_rate: Of Adam, at the peak of the schedule.
        schedule: Name in `SCHEDULES`.
        seed: Of the order of the data.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[[Tensor, Data], Tensor],
        *,
        train: SpinSystems,
        batch_size: int,
        steps: int,
        learning_rate: float,
        seed: int,
        schedule: str = "constant",
    ) -> None:
        super().__init__()
        if schedule not in SCHEDULES:
            raise ValueError(f"`schedule` must be one of {', '.join(SCHEDULES)}; got {schedule!r}")
        self.schedule = schedule
        self.model, self.loss, self.train_set = model, loss, train
        self.batch_size, self.steps = batch_size, steps
        self.learning_rate, self.seed = learning_rate, seed

    def forward(self, batch: Data) -> Tensor:
        """Predict logits [num_nodes]."""
        logits: Tensor = self.model(batch)
        return logits

    def training_step(self, batch: Data, _index: int) -> Tensor:
        """One step's loss."""
        return self.loss(self(batch), batch)

    @torch.no_grad()
    def evaluate(
        self, systems: SpinSystems, *, relax: bool, chunk: int = 500
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Return metrics per system [num_systems] and predicted logits [num_systems, num_nodes]."""
        was_training = self.training
        self.eval()
        evaluator = SpinEvaluator(relax=relax)
        parts: list[dict[str, Tensor]] = []
        logits: list[Tensor] = []
        for start in range(0, len(systems), chunk):
            batch = systems.batch(range(start, min(start + chunk, len(systems))))
            predicted = self(batch.to(self.device)).float().cpu()
            parts.append(evaluator(predicted, batch.to("cpu")))
            logits.append(predicted.view(batch.num_graphs, -1))
        self.train(was_training)
        return {k: torch.cat([part[k] for part in parts]) for k in parts[0]}, torch.cat(logits)

    def train_dataloader(self) -> DataLoader[Data]:
        """The stream from the current step on."""
        stream = SystemStream(
            self.train_set, batch_size=self.batch_size, seed=self.seed, start=self.global_step
        )
        return DataLoader(stream, batch_size=None)

    def configure_optimizers(self) -> Any:
        """Adam, with the schedule stepped at every step."""
        optimizer = torch.optim.Adam(self.parameters(), lr=self.learning_rate)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: SCHEDULES[self.schedule](step, self.steps)
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


class SpinHistory(pl.Callback):
    """Records the excess energy during training and tells it; part of the checkpoint.

    Args:
        systems: Validation systems.
        every: Steps between two points of the curve.
        steps: Steps in all.
        report: Called with the step, the number of steps and the latest values now and then.
    """

    def __init__(
        self,
        systems: SpinSystems,
        *,
        every: int,
        steps: int,
        report: Callable[[int, int, dict[str, float]], None],
    ) -> None:
        self.systems, self.every, self.steps, self.report = systems, every, steps, report
        self.rows: list[dict[str, float]] = []
        self.step_seconds: list[float] = []
        self._started = self._told = 0.0

    def state_dict(self) -> dict[str, Any]:
        """Rows so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue the rows of a checkpoint."""
        self.rows = list(state_dict["rows"])

    def on_train_batch_start(self, *_: Any) -> None:
        """Start the clock of the step."""
        self._started = time.perf_counter()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, *_: Any
    ) -> None:
        """Stop the clock; add a row when its step has come; report now and then."""
        now = time.perf_counter()
        self.step_seconds.append(now - self._started)
        step = trainer.global_step
        if step % self.every == 0 or step == self.steps:
            assert isinstance(pl_module, SpinModule)  # noqa: S101 - for the type checker
            values = pl_module.evaluate(self.systems, relax=False)[0]
            excess = float(values["excess_energy"].mean())
            self.rows.append({"step": step, "loss": float(outputs["loss"]), "excess": excess})
        if now - self._told > 0.5 or step == self.steps:  # noqa: PLR2004 - seconds
            self._told = now
            latest = {"excess": self.rows[-1]["excess"]} if self.rows else {}
            self.report(step, self.steps, {"loss": float(outputs["loss"]), **latest})
