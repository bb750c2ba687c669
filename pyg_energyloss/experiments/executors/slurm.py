"""Jobs of Slurm."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from pyg_energyloss.experiments.executors.local import WorkerLostError

#: Seconds between two looks at the jobs; submitit asks Slurm for all of them at once.
INTERVAL = 2.0


class SlurmExecutor(Executor):
    """Slurm jobs by submitit, one a run; the runs' folders are on a file system that all nodes see.

    A study that is killed leaves its jobs to Slurm. Started again, it takes over what they have
    finished; a second job for a run waits for the first and finds its result.

    Args:
        folder: Where submitit keeps its files and the jobs' output.
        threads: Cores of each run.
        gpus: GPUs of each run.
        cluster: "slurm", or "local" for processes that stand in for jobs.
        interval: Seconds between two looks at the jobs.
        options: Parameters of ``submitit.AutoExecutor``, such as ``slurm_partition``,
            ``timeout_min`` or ``mem_gb``.

    Raises:
        ImportError: submitit is not installed.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        threads: int = 1,
        gpus: int = 0,
        cluster: str = "slurm",
        interval: float = INTERVAL,
        **options: Any,
    ) -> None:
        try:
            import submitit
        except ImportError as error:
            raise ImportError(
                "the executor 'slurm' needs submitit: pip install 'pyg-energyloss[slurm]'"
            ) from error
        self._submit = submitit.AutoExecutor(folder=Path(folder) / "%j", cluster=cluster)
        resources = {"cpus_per_task": threads, "name": "energyloss"}
        if gpus:
            resources["gpus_per_node"] = gpus
        self._submit.update_parameters(**resources | options)
        self._interval = interval
        self._jobs: dict[Future[Any], Any] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a job that calls a function."""
        future: Future[Any] = Future()
        job = self._submit.submit(fn, *args, **kwargs)
        future.set_running_or_notify_cancel()
        with self._lock:
            self._jobs[future] = job
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Stop watching; with ``cancel_futures`` the jobs are cancelled, else waited for."""
        if cancel_futures:
            with self._lock:
                jobs = dict(self._jobs)
                self._jobs.clear()
            for future, job in jobs.items():
                job.cancel(check=False)
                future.set_exception(WorkerLostError("the executor was shut down"))
        self._closing.set()
        if wait:
            self._watching.join()

    def _watch(self) -> None:
        while True:
            with self._lock:
                jobs = dict(self._jobs)
            for future, job in jobs.items():
                if job.done():
                    self._settle(future, job)
            if self._closing.is_set() and not self._jobs:
                return
            self._closing.wait(self._interval if not self._closing.is_set() else 0)

    def _settle(self, future: Future[Any], job: Any) -> None:
        with self._lock:
            if self._jobs.pop(future, None) is None:
                return  # cancelled meanwhile
        try:
            future.set_result(job.result())
        except Exception as error:  # noqa: BLE001 - submitit tells in many ways that a job was lost
            lost = WorkerLostError(f"job {job.job_id}: {' '.join(str(error).split())}")
            lost.__cause__ = error
            future.set_exception(lost)
