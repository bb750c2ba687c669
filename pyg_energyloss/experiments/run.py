"""One run is one folder: make it, write its result; continue where an earlier attempt stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyg_energyloss import registry
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.executors import ProgressFile
from pyg_energyloss.experiments.executors.worker import end_with_parent
from pyg_energyloss.experiments.experiment import AnyExperiment, Report
from pyg_energyloss.experiments.fitting.nodes import Nodes
from pyg_energyloss.files import read_json, read_or_set_aside, write_json


def run_folder(folder: str) -> None:
    """Do what ``spec.json`` of a folder asks for, unless ``result.json`` is there.

    What an earlier attempt left in the folder is continued. All files are written whole.

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
    result: Mapping[str, Any] | None
    if order["job"] == "baselines":
        result = {"measurements": experiment.baselines(spec, path.parents[1])}
    else:
        result = experiment.run(spec, path, _reporter(path), hardware)
    if result is not None:
        write_json(path / "result.json", {**order, **result, "environment": environment()})


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
