"""One training run: build by name, train with Lightning, evaluate, write the result."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch

from pyg_energyloss import registry
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.data.pyg import as_splits
from pyg_energyloss.files import npz_bytes, write_bytes, write_json
from pyg_energyloss.training.callbacks import History, Progress
from pyg_energyloss.training.evaluation import evaluate
from pyg_energyloss.training.fit import fit
from pyg_energyloss.training.memory import peak_memory_mib, reset_peak_memory
from pyg_energyloss.training.module import StructureModule
from pyg_energyloss.training.spec import RunSpec
from pyg_energyloss.training.tasks import TASKS, Denoise, Geometry, Task

Report = Callable[[int, int, dict[str, float]], None]
CURVE_POINTS = 10
MAX_GRADIENT_NORM = 1.0


def result_path(out: Path, spec: RunSpec) -> Path:
    """Where the result of a run is written."""
    return out / "runs" / spec.key / "result.json"


def load_result(out: Path, spec: RunSpec) -> dict[str, Any] | None:
    """The result of an earlier, finished run of the same spec, if there is one."""
    path = result_path(out, spec)
    if not path.exists():
        return None
    result: dict[str, Any] = json.loads(path.read_text())
    return result


def train_and_evaluate(spec: dict[str, Any], out: str, *, report: Report) -> dict[str, Any]:
    """Train one model with one loss and evaluate it on the test molecules.

    A checkpoint in the run's folder is continued from; the result is written atomically.

    Args:
        spec: `RunSpec.to_dict`.
        out: Folder of the comparison.
        report: Told the step, the number of steps and the latest values now and then.

    Returns:
        What is written to ``result.json``.
    """
    run = RunSpec.from_dict(spec)
    folder = Path(out) / "runs" / run.key
    folder.mkdir(parents=True, exist_ok=True)
    splits = load_splits(run.dataset, run.dataset_options)
    task = make_task(run)
    # Initial weights, and whatever a third party's model or loss draws, depend on the seed alone.
    pl.seed_everything(run.seed, verbose=False)
    module = StructureModule(
        registry.create("model", run.model, **run.model_options),
        registry.create("loss", run.loss),
        task,
        train=splits["train"],
        val=splits["val"],
        batch_size=run.batch_size,
        steps=run.steps,
        learning_rate=run.learning_rate,
        seed=run.seed,
    )
    history = History(every=max(1, run.steps // CURVE_POINTS))
    progress = Progress(report, steps=run.steps, history=history)
    checkpoint = folder / "last.ckpt"
    started = time.perf_counter()
    reset_peak_memory()
    # Progress comes first: it stops the clock before the others do their work.
    fit(module, [progress, history], checkpoint, steps=run.steps, clip=MAX_GRADIENT_NORM)
    memory = peak_memory_mib()
    train_seconds = time.perf_counter() - started
    metrics, structures = evaluate(module, splits["test"], task, run)
    write_bytes(folder / "structures.npz", npz_bytes(structures))
    result = {
        "spec": run.to_dict(),
        "metrics": metrics,
        "history": history.rows,
        "step_ms": 1e3 * statistics.median(progress.durations) if progress.durations else None,
        "peak_memory_mib": memory,
        "train_seconds": train_seconds,
        "eval_seconds": time.perf_counter() - started - train_seconds,
        "parameters": sum(p.numel() for p in module.model.parameters()),
        "threads": torch.get_num_threads(),
    }
    write_json(result_path(Path(out), run), result)
    checkpoint.unlink(missing_ok=True)
    return result


def make_task(run: RunSpec) -> Task:
    """The task of a run.

    Raises:
        ValueError: there is no such task.
    """
    if run.task not in TASKS:
        raise ValueError(f"`task` must be one of {', '.join(TASKS)}; got {run.task!r}")
    if run.task == "denoise":
        return Denoise(run.levels) if run.levels else Denoise()
    return Geometry()


def load_splits(name: str, options: dict[str, Any]) -> dict[str, MoleculeDataset]:
    """Create a registered data set, as molecules to train on; see `as_splits`."""
    return as_splits(registry.create("dataset", name, **options), name=name)
