"""The training curve, the time of a step, and progress: one callback for every experiment."""

from __future__ import annotations

import statistics
import time
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor

from pyg_energyloss.experiments.experiment import Report
from pyg_energyloss.experiments.training import Training


class Curve(pl.Callback):
    """Records mean losses and validation errors; part of the checkpoint, so it resumes too.

    Args:
        report: Told the step and the latest values.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.rows: list[dict[str, float]] = []
        self._seconds: list[float] = []
        self._recent: list[dict[str, Tensor]] = []
        self._started = 0.0

    @property
    def step_ms(self) -> float | None:
        """Median time of a step: forward, loss, backward, optimiser."""
        return 1e3 * statistics.median(self._seconds) if self._seconds else None

    def state_dict(self) -> dict[str, Any]:
        """Rows so far, and the losses since the last of them."""
        return {"rows": self.rows, "recent": self._recent}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue the rows of a checkpoint."""
        self.rows = list(state_dict["rows"])
        self._recent = list(state_dict.get("recent", ()))

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record where the untrained network stands."""
        if trainer.global_step == 0:
            self._record(trainer, pl_module)

    def on_train_batch_start(self, *_: Any) -> None:
        """Start the clock of the step."""
        self._started = time.perf_counter()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, *_: Any
    ) -> None:
        """Stop the clock; add a row when its step has come; tell where the run is."""
        self._seconds.append(time.perf_counter() - self._started)
        assert isinstance(pl_module, Training)  # noqa: S101 - for the type checker
        self._recent.append({name: value.detach() for name, value in outputs.items()})
        step, steps = trainer.global_step, pl_module.spec.steps
        if step % max(1, steps // pl_module.curve_points) == 0 or step == steps:
            self._record(trainer, pl_module)
        if trainer.is_global_zero:
            self.report(step, steps, "training", self.rows[-1] if self.rows else {})

    def _record(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, Training)  # noqa: S101 - for the type checker
        means = {
            name: float(torch.stack([v[name].to(pl_module.device) for v in self._recent]).mean())
            for name in (self._recent[0] if self._recent else {})
        }
        self._recent = []
        was_training = pl_module.training
        pl_module.eval()
        with torch.no_grad():
            errors = pl_module.validate()
        pl_module.train(was_training)
        self.rows.append({"step": trainer.global_step, **means, **errors})
