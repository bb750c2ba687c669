"""One run is one folder: train, measure, write; continue where an earlier attempt stopped."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch

from pyg_energyloss import registry
from pyg_energyloss.experiments.environment import (
    environment,
    peak_memory_mib,
    reset_peak_memory,
)
from pyg_energyloss.experiments.executors import ProgressFile
from pyg_energyloss.experiments.executors.worker import end_with_parent
from pyg_energyloss.experiments.experiment import AnyExperiment, Report
from pyg_energyloss.experiments.fitting.curve import Curve
from pyg_energyloss.experiments.fitting.fit import fit
from pyg_energyloss.experiments.fitting.nodes import Nodes
from pyg_energyloss.experiments.spec import Spec
from pyg_energyloss.experiments.training import Training
from pyg_energyloss.files import (
    npz_bytes,
    read_json,
    read_npz,
    read_or_set_aside,
    write_bytes,
    write_json,
)

CHECKPOINT = "last.ckpt"


def run_folder(folder: str) -> None:
    """Do what ``spec.json`` of a folder asks for, unless ``result.json`` is there.

    A checkpoint in the folder is continued from; what is trained is not trained again. All files
    are written whole.

    Args:
        folder: ``runs/KEY`` inside the folder of a study.
    """
    path = Path(folder)
    if read_or_set_aside(path / "result.json") is not None:
        return
    order = read_json(path / "spec.json")
    hardware = order.get("hardware", {})
    if hardware and "LOCAL_RANK" not in os.environ:
        run_on_several(path, hardware)
        return
    experiment: AnyExperiment = registry.create("experiment", order["experiment"])
    spec = experiment.spec_type.from_dict(order["spec"])
    out = path.parents[1]
    if order["job"] == "baselines":
        result: dict[str, Any] = {"measurements": experiment.baselines(spec, out)}
    else:
        found = _train_and_evaluate(experiment, spec, path, hardware)
        if found is None:
            return  # the first process writes
        result = found
    (path / CHECKPOINT).unlink(missing_ok=True)  # before the result, which ends a run for good
    write_json(path / "result.json", {**order, **result, "environment": environment()})


def trained(experiment: AnyExperiment, spec: Spec, folder: Path) -> Training:
    """Return the trained network of a run's folder, in evaluation mode.

    Raises:
        FileNotFoundError: the folder holds no trained network.
    """
    training: Training = experiment.build(spec, folder.parents[1])
    weights = read_npz(folder / "weights.npz")
    training.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
    return training.eval()


def _train_and_evaluate(
    experiment: AnyExperiment, spec: Spec, folder: Path, hardware: dict[str, Any]
) -> dict[str, Any] | None:
    report = _reporter(folder)
    about = read_or_set_aside(folder / "trained.json")
    if about is None or read_or_set_aside(folder / "weights.npz", read_npz) is None:
        about, training = _train(experiment, spec, folder, report, hardware)
        if int(os.environ.get("RANK", "0")):
            return None
    elif int(os.environ.get("RANK", "0")):
        return None
    else:
        training = trained(experiment, spec, folder)
    started = time.perf_counter()
    report(0, 1, "evaluating", {})
    training.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    with torch.no_grad():
        measurements = experiment.evaluate(training, spec, folder, report)
    return {
        "measurements": measurements,
        **about,
        "eval_seconds": time.perf_counter() - started,
    }


def _train(
    experiment: AnyExperiment, spec: Spec, folder: Path, report: Report, hardware: dict[str, Any]
) -> tuple[dict[str, Any], Training]:
    # Initial weights, and whatever a third party's model or loss draws, depend on the seed alone.
    pl.seed_everything(spec.seed, verbose=False)
    training = experiment.build(spec, folder.parents[1])
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
    if not trainer.is_global_zero:
        return about, training
    arrays = {k: v.detach().cpu().numpy() for k, v in training.state_dict().items()}
    write_bytes(folder / "weights.npz", npz_bytes(arrays))
    write_json(folder / "trained.json", about)
    return about, training


def run_on_several(folder: Path, hardware: Mapping[str, Any]) -> None:
    """Start torch's launcher, which runs this module in each process of one run.

    Args:
        folder: Of the run.
        hardware: Lightning's ``devices`` and ``num_nodes``.

    Raises:
        RuntimeError: it failed; the end of what it said is in the message.
    """
    count = hardware.get("num_nodes", 1)
    where = ["--standalone"]
    if count > 1:
        where = Nodes.from_environment(count).launcher_options(folder)
    launcher = ["-m", "torch.distributed.run", *where, f"--nproc-per-node={hardware['devices']}"]
    # A worker sees one GPU; this run is alone and has them all.
    environment = {k: v for k, v in os.environ.items() if k != "CUDA_VISIBLE_DEVICES"}
    ended = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, *launcher, "-m", "pyg_energyloss.experiments.run", str(folder)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(
            f"the run on {count} x {hardware['devices']} processes failed: {ended.stderr[-2000:]}"
        )


def _reporter(folder: Path) -> Report:
    progress = ProgressFile(folder)

    def report(step: int, steps: int, phase: str, values: Mapping[str, float]) -> None:
        message = "  ".join(f"{name} {v:.3g}" for name, v in values.items() if name != "step")
        progress.update(step, steps, phase=phase, message=message)

    return report


if __name__ == "__main__":
    # torch's launcher gives each process a session of its own, which no group's end reaches.
    end_with_parent()
    run_folder(sys.argv[1])
