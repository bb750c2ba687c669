"""Lightning callbacks: atomic checkpoints, the training curve, progress for the parent process."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from torch_geometric.data import Batch

from pyg_energyloss.data.loader import assemble
from pyg_energyloss.training.module import StructureModule

#: Stream of random numbers of the validation batch; training steps use 0, 1, 2, ...
VALIDATION_STREAM = 2**31


class AtomicCheckpoint(pl.Callback):
    """Saves the whole training state every so many steps; a kill never leaves a torn file.

    Args:
        path: The checkpoint, replaced each time.
        every: Steps between two checkpoints.
    """

    def __init__(self, path: Path, *, every: int) -> None:
        self.path, self.every = path, every

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Save after the step's optimiser and schedule have moved."""
        if trainer.global_step % self.every == 0 and trainer.global_step:
            beside = self.path.with_suffix(".tmp")
            trainer.save_checkpoint(beside)
            beside.replace(self.path)


class History(pl.Callback):
    """Records training loss and validation error; part of the checkpoint, so it resumes too.

    Args:
        every: Steps between two points of the curve.
        graphs: Validation graphs looked at.
    """

    def __init__(self, *, every: int, graphs: int = 100) -> None:
        self.every, self.graphs = every, graphs
        self.rows: list[dict[str, float | None]] = []
        self._losses: list[torch.Tensor] = []
        self._batch: Batch | None = None

    def state_dict(self) -> dict[str, Any]:
        """Rows so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue the rows of a checkpoint."""
        self.rows = list(state_dict["rows"])

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Prepare one fixed validation batch."""
        assert isinstance(pl_module, StructureModule)  # noqa: S101 - for the type checker
        count = min(self.graphs, len(pl_module.val_set))
        batch = assemble(pl_module.val_set, torch.arange(count)).to(pl_module.device)
        task = pl_module.task
        level = task.levels[len(task.levels) // 2] if task.levels else None
        self._batch = task.prepare(batch, pl_module.generator(VALIDATION_STREAM), level=level)
        if trainer.global_step == 0:
            self._record(trainer, pl_module)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, *_: Any
    ) -> None:
        """Add a row when its step has come."""
        self._losses.append(outputs["loss"].detach())
        if trainer.global_step % self.every == 0:
            self._record(trainer, pl_module)

    def _record(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, StructureModule)  # noqa: S101 - for the type checker
        assert self._batch is not None  # noqa: S101 - set in on_train_start
        mean = torch.stack(self._losses).mean().item() if self._losses else None
        self._losses = []
        self.rows.append(
            {
                "step": trainer.global_step,
                "loss": mean,
                "val_bond_mae": pl_module.validation_error(self._batch),
            }
        )


class Progress(pl.Callback):
    """Tells the parent process where the run is, a few times a second; measures the step time.

    Args:
        report: Called with the step, the number of steps, and the latest values.
        steps: Number of steps.
        history: Where the validation error is found.
    """

    def __init__(
        self, report: Callable[[int, int, dict[str, float]], None], *, steps: int, history: History
    ) -> None:
        self.report, self.steps, self.history = report, steps, history
        self.durations: list[float] = []
        self._started = 0.0
        self._told = 0.0

    def on_train_batch_start(self, *_: Any) -> None:
        """Start the clock of the step: forward, loss, backward, optimiser."""
        self._started = time.perf_counter()

    def on_train_batch_end(
        self, trainer: pl.Trainer, _module: pl.LightningModule, outputs: Any, *_: Any
    ) -> None:
        """Stop the clock, and report if the last report is a while ago."""
        now = time.perf_counter()
        self.durations.append(now - self._started)
        if now - self._told > 0.5 or trainer.global_step == self.steps:  # noqa: PLR2004 - seconds
            self._told = now
            values = {"loss": float(outputs["loss"])}
            error = self.history.rows[-1]["val_bond_mae"] if self.history.rows else None
            if error is not None:
                values["bond_mae"] = error
            self.report(trainer.global_step, self.steps, values)
