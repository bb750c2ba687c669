"""Which worker gets which GPU."""

from __future__ import annotations

import os
from collections.abc import Sequence

from pyg_energyloss.experiments.executors.attempt import THREAD_VARIABLES

VISIBLE = "CUDA_VISIBLE_DEVICES"


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def worker_environments(
    *,
    workers: int | None,
    threads: int | None,
    devices: int | Sequence[int] | None,
    runs_per_device: int,
    runs: int,
) -> tuple[list[dict[str, str]], int]:
    """Environment variables of each local worker, and the threads of each.

    >>> environments, threads = worker_environments(
    ...     workers=None, threads=2, devices=[0, 3], runs_per_device=2, runs=9
    ... )
    >>> [e["CUDA_VISIBLE_DEVICES"] for e in environments], threads
    (['0', '3', '0', '3'], 2)

    Args:
        workers: Number of workers; None takes one a core, or ``runs_per_device`` a GPU.
        threads: Threads of each; None shares the cores out.
        devices: GPUs: how many, or their numbers; 0 or [] for none; None takes all there are.
        runs_per_device: Runs that share a GPU.
        runs: Number of runs; more workers than that are of no use.

    Raises:
        ValueError: a number is out of range.
    """
    gpus = visible_devices(devices) * runs_per_device
    if workers is None:
        workers = len(gpus) or max(1, cores() // (threads or 1))
    elif gpus:
        workers = min(workers, len(gpus))
    workers = max(1, min(workers, runs))
    threads = threads or max(1, cores() // workers)
    common = dict.fromkeys(THREAD_VARIABLES, str(threads))
    if gpus:
        return [common | {VISIBLE: gpus[index]} for index in range(workers)], threads
    if devices is not None:
        common[VISIBLE] = ""
    return [common] * workers, threads


def visible_devices(devices: int | Sequence[int] | None) -> list[str]:
    """Names of the GPUs chosen, as ``CUDA_VISIBLE_DEVICES`` has them.

    Raises:
        ValueError: a number is negative or named twice, or the variable names fewer GPUs.
    """
    limit = os.environ.get(VISIBLE)
    names = None if limit is None else [name.strip() for name in limit.split(",") if name.strip()]
    if devices is None:
        import torch

        devices = torch.cuda.device_count()
    numbers = list(range(devices)) if isinstance(devices, int) else list(devices)
    if len(set(numbers)) != len(numbers) or any(number < 0 for number in numbers):
        raise ValueError(f"`devices` must be distinct numbers from 0, got {numbers}")
    if names is None:
        return [str(number) for number in numbers]
    if any(number >= len(names) for number in numbers):
        raise ValueError(
            f"`devices` must be below {len(names)}, as {VISIBLE}={limit}; got {numbers}"
        )
    return [names[number] for number in numbers]
