"""A training in the folder of its run: continued after a kill, never made twice."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import lightning.pytorch as pl
import torch

from pyg_energyloss.experiments.environment import peak_memory_mib, reset_peak_memory
from pyg_energyloss.experiments.experiment import Report
from pyg_energyloss.experiments.fitting.curve import Curve
from pyg_energyloss.experiments.fitting.fit import fit
from pyg_energyloss.experiments.training import Training
from pyg_energyloss.files import npz_bytes, read_npz, read_or_set_aside, write_bytes, write_json

T = TypeVar("T", bound=Training)
CHECKPOINT = "last.ckpt"


def resumed(
    build: Callable[[], T], seed: int, folder: Path, report: Report, hardware: Mapping[str, Any]
) -> tuple[dict[str, Any], T] | None:
    """Train from the last checkpoint, or read what was trained.

    Args:
        build: Makes the untrained network with its loss and data.
        seed: Of the initial weights.
        folder: Of the run.
        report: Told the step and the latest values.
        hardware: Lightning's ``devices``, ``num_nodes`` and ``strategy``.

    Returns:
        What is known of the training, and the trained network; None in all processes of a run but
        the first, whose work the rest is.
    """
    about = read_or_set_aside(folder / "trained.json")
    weights = about and read_or_set_aside(folder / "weights.npz", read_npz)
    # Initial weights, and whatever a third party's model or loss draws, depend on the seed alone.
    pl.seed_everything(seed, verbose=False)
    training = build()
    if about is None or weights is None:
        about = _train(training, folder, report, hardware)
    else:
        training.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
    if int(os.environ.get("RANK", "0")):
        return None
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return about, training


def _train(
    training: Training, folder: Path, report: Report, hardware: Mapping[str, Any]
) -> dict[str, Any]:
    curve, checkpoint = Curve(report), folder / CHECKPOINT
    started = time.perf_counter()
    reset_peak_memory()
    # The curve comes first: it stops the clock before the others do their work.
    trainer = fit(training, [curve], checkpoint, **hardware)
    if torch.distributed.is_initialized():
        # Measuring is the first process's work alone; who leaves a group early aborts the others.
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()
    about = {
        "history": curve.rows,
        "step_ms": curve.step_ms,
        "peak_memory_mib": peak_memory_mib(),
        "train_seconds": time.perf_counter() - started,
        "parameters": sum(p.numel() for p in training.network.parameters()),
        "device": str(training.device),
    }
    if trainer.is_global_zero:
        arrays = {k: v.detach().cpu().numpy() for k, v in training.state_dict().items()}
        write_bytes(folder / "weights.npz", npz_bytes(arrays))
        write_json(folder / "trained.json", about)
    return about
