"""A Ray cluster."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class RayExecutor(Executor):
    """Tasks of Ray, one a run; the runs' folders are on a file system that all nodes see.

    Args:
        threads: Cores of each run.
        gpus: GPUs of each run, or a fraction of one; None takes one where the cluster has any.
        runs_per_device: Runs that share a GPU when ``gpus`` is None.
        options: Of ``ray.init``, such as ``address``; a running cluster of this machine or of
            ``RAY_ADDRESS`` is used, else one is started.

    Raises:
        ImportError: Ray is not installed.
    """

    def __init__(
        self,
        *,
        threads: int = 1,
        gpus: float | None = None,
        runs_per_device: int = 1,
        **options: Any,
    ) -> None:
        try:
            import ray
        except ImportError as error:
            raise ImportError(
                "the executor 'ray' needs Ray: pip install 'pyg-energyloss[ray]'"
            ) from error
        self._ray = ray
        self._ours = not ray.is_initialized()
        if self._ours:
            ray.init(**{"log_to_driver": False, "logging_level": "error"} | options)
        if gpus is None:
            gpus = 1 / runs_per_device if ray.cluster_resources().get("GPU") else 0
        # Lost runs are tried again by the study, in the same way for every executor.
        self._resources = {"num_cpus": threads, "num_gpus": gpus, "max_retries": 0}
        self._running: dict[Future[Any], Any] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have the cluster call a function."""
        task = self._ray.remote(fn).options(**self._resources).remote(*args, **kwargs)
        future: Future[Any] = task.future()
        self._running[future] = task
        future.add_done_callback(lambda done: self._running.pop(done, None))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; with ``cancel_futures`` what runs is ended, else waited for."""
        tasks = list(self._running.values())
        if cancel_futures:
            for task in tasks:
                self._ray.cancel(task, force=True)
        elif wait and tasks:
            self._ray.wait(tasks, num_returns=len(tasks))
        if self._ours and (wait or cancel_futures):
            self._ray.shutdown()
