"""The training curve of a generator, written while it trains, and progress for the parent."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from torch_geometric.data import Batch

from pyg_energyloss.data.loader import assemble
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.files import write_csv
from pyg_energyloss.metrics.geometry import GeometryEvaluator
from pyg_energyloss.training.generate_module import GenerateModule

#: Stream of random numbers of the validation batch; training steps use 0, 1, 2, ...
VALIDATION_STREAM = 2**31
#: Time at which validation molecules are noised: bonds are blurred, the shape is there.
VALIDATION_TIME = 0.3
COLUMNS = ("step", "positions", "types", "val_bond_mae", "val_types_wrong", "step_ms")


class GenerateCurve(pl.Callback):
    """Records losses and errors on validation molecules, writes curve.csv, reports progress.

    The errors are those of the averaged weights at one noise level: of bond lengths, and the share
    of atoms given a wrong type. They mean the same for every loss.

    Args:
        val: Validation molecules, the first of which are looked at.
        path: Of the CSV file, replaced at each point.
        every: Steps between two points.
        steps: Steps in all.
        report: Told the step, the number of steps and the latest values now and then.
        graphs: Validation molecules looked at.
    """

    def __init__(
        self,
        val: MoleculeDataset,
        path: Path,
        *,
        every: int,
        steps: int,
        report: Callable[[int, int, dict[str, float]], None],
        graphs: int = 100,
    ) -> None:
        self.val, self.path, self.every, self.steps, self.report = val, path, every, steps, report
        self.graphs = graphs
        self.rows: list[dict[str, float | None]] = []
        self.durations: list[float] = []
        self._losses: list[torch.Tensor] = []
        self._batch: Batch | None = None
        self._started = self._told = 0.0

    def state_dict(self) -> dict[str, Any]:
        """Rows so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue the rows of a checkpoint."""
        self.rows = list(state_dict["rows"])

    def on_train_start(self, _trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Prepare one fixed validation batch."""
        assert isinstance(pl_module, GenerateModule)  # noqa: S101 - for the type checker
        rows = torch.arange(min(self.graphs, len(self.val)))
        batch = assemble(self.val, rows).to(pl_module.device)
        moment = torch.full((batch.num_graphs,), VALIDATION_TIME, device=pl_module.device)
        generator = pl_module.generator(VALIDATION_STREAM)
        self._batch = pl_module.diffusion.noised(batch, moment, generator=generator)

    def on_train_batch_start(self, *_: Any) -> None:
        """Start the clock of the step: forward, loss, backward, optimiser."""
        self._started = time.perf_counter()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, _outputs: Any, *_: Any
    ) -> None:
        """Add a point when its step has come."""
        now = time.perf_counter()
        self.durations.append(now - self._started)
        values = [trainer.callback_metrics[name].detach() for name in ("positions", "types")]
        self._losses.append(torch.stack(values))
        if trainer.global_step % self.every == 0:
            self._record(trainer, pl_module)
        if now - self._told > 0.5 or trainer.global_step == self.steps:  # noqa: PLR2004 - seconds
            self._told = now
            shown = {"positions": float(values[0]), "types": float(values[1])}
            if self.rows and self.rows[-1]["val_bond_mae"] is not None:
                shown["bond_mae"] = self.rows[-1]["val_bond_mae"]
            self.report(trainer.global_step, self.steps, shown)

    @torch.no_grad()
    def _record(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, GenerateModule)  # noqa: S101 - for the type checker
        assert self._batch is not None  # noqa: S101 - set in on_train_start
        diffusion, last = pl_module.diffusion, pl_module.diffusion.denoiser
        diffusion.denoiser = pl_module.averaged.module
        try:
            pos, types = diffusion.denoised(self._batch)
        finally:
            diffusion.denoiser = last
        wrong = diffusion.decode(types) != self._batch.z
        mean = torch.stack(self._losses).mean(0)
        recent = self.durations[-self.every :]
        self._losses = []
        self.rows.append(
            {
                "step": trainer.global_step,
                "positions": float(mean[0]),
                "types": float(mean[1]),
                "val_bond_mae": float(GeometryEvaluator()(pos, self._batch)["bond_mae"].nanmean()),
                "val_types_wrong": float(wrong.float().mean()),
                "step_ms": 1e3 * sorted(recent)[len(recent) // 2],
            }
        )
        if trainer.is_global_zero:
            write_csv(self.path, COLUMNS, self.rows)
