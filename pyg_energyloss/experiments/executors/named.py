"""The executors by name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from pyg_energyloss.experiments.executors.devices import worker_environments
from pyg_energyloss.experiments.executors.local import LocalExecutor

EXECUTORS = ("local", "ray", "slurm")


def make_executor(
    name: str,
    folders: Sequence[Path],
    *,
    workers: int | None = None,
    threads: int | None = None,
    devices: int | Sequence[int] | None = None,
    runs_per_device: int = 1,
    options: Mapping[str, Any] | None = None,
) -> tuple[Executor, int, int]:
    """Make the executor of a study.

    Args:
        name: "local", "ray" or "slurm".
        folders: Folders of the runs.
        workers: Runs at a time; None leaves it to the executor.
        threads: Threads of each run; None: local shares the cores out, others take 1.
        devices: GPUs; see `run_folders`.
        runs_per_device: Runs that share a GPU.
        options: Of `RayExecutor` or `SlurmExecutor`.

    Returns:
        The executor, the runs to have in it at a time, the threads of each.

    Raises:
        ValueError: there is no such executor, or an option that it does not have.
        ImportError: its library is missing; the message tells what to install.
    """
    given = dict(options or {})
    if name == "local":
        if given:
            raise ValueError(f"the executor 'local' has no options, got {', '.join(given)}")
        environments, threads = worker_environments(
            workers=workers,
            threads=threads,
            devices=devices,
            runs_per_device=runs_per_device,
            runs=len(folders),
        )
        return LocalExecutor(environments), len(environments), threads
    at_a_time, threads = workers or len(folders), threads or 1
    no_gpu = devices is not None and not devices
    if name == "ray":
        from pyg_energyloss.experiments.executors.ray_cluster import RayExecutor

        gpus = None if devices is None else 0 if no_gpu else 1 / runs_per_device
        ray = RayExecutor(threads=threads, gpus=gpus, runs_per_device=runs_per_device, **given)
        return ray, at_a_time, threads
    if name == "slurm":
        from pyg_energyloss.experiments.executors.slurm import SlurmExecutor

        if runs_per_device != 1:
            raise ValueError("`runs_per_device` must be 1 for slurm, whose jobs share no GPU")
        logs = Path(os.path.commonpath([folder.parent for folder in folders])) / ".slurm"
        gpus = 0 if devices is None or no_gpu else 1
        return SlurmExecutor(logs, threads=threads, gpus=gpus, **given), at_a_time, threads
    raise ValueError(f"`executor` must be one of {', '.join(EXECUTORS)}; got {name!r}")
