"""Processes of this machine."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

WORKER = "pyg_energyloss.experiments.executors.worker"

#: Seconds that a worker that was told to end has for it.
GRACE = 10.0


class WorkerLostError(RuntimeError):
    """The process or machine that worked on a run is gone."""


class LocalExecutor(Executor):
    """Worker processes, each fed by a thread of its own, so that one that dies costs only its run.

    (``ProcessPoolExecutor`` and loky give up the whole pool.) The next run gets a new process.

    Args:
        environments: Environment variables of each worker; their number is the number of workers.
    """

    def __init__(self, environments: Sequence[Mapping[str, str]]) -> None:
        if not environments:
            raise ValueError("`environments` must name at least one worker, got none")
        self._mine = threading.local()
        self._free: SimpleQueue[Mapping[str, str]] = SimpleQueue()
        for environment in environments:
            self._free.put(environment)
        self._lock = threading.Lock()
        self._closed = False
        self._workers: list[_Worker] = []
        self._threads = ThreadPoolExecutor(len(environments), initializer=self._begin)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[str]:  # type: ignore[override]
        """Have a worker call `attempt`.

        Raises:
            ValueError: ``fn`` is another function: a worker knows only this one.
        """
        from pyg_energyloss.experiments.executors.attempt import attempt

        if fn is not attempt or kwargs:
            raise ValueError(f"`fn` must be `attempt` with arguments by position, got {fn!r}")
        return self._threads.submit(self._call, args)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers; with ``cancel_futures`` at once, else when all is done."""
        if cancel_futures:
            with self._lock:
                self._closed = True
                for worker in self._workers:
                    worker.kill()
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        if wait:
            for worker in self._workers:
                worker.kill()

    def _begin(self) -> None:
        self._mine.environment = self._free.get()
        self._mine.worker = None

    def _call(self, order: Sequence[Any]) -> str:
        worker: _Worker | None = self._mine.worker
        if worker is None or worker.process.poll() is not None:
            with self._lock:
                if self._closed:
                    raise WorkerLostError("the executor was shut down")
                worker = self._mine.worker = _Worker(self._mine.environment)
                self._workers.append(worker)
        return worker.ask(order)


class _Worker:
    """One process, in a group of its own: Ctrl-C in a terminal is for the parent alone."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)  # noqa: PTH109 - as text
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path, **environment},
            start_new_session=True,
        )
        self._lock = threading.Lock()

    def ask(self, order: Sequence[Any]) -> str:
        """Send an order and wait for the answer.

        Raises:
            WorkerLostError: the process ended first.
        """
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None  # noqa: S101 - for the type checker
        assert stdout is not None  # noqa: S101 - for the type checker
        try:
            stdin.write(json.dumps(order).encode() + b"\n")
            stdin.flush()
            answer = stdout.readline()
        except (OSError, ValueError):  # ValueError: closed by `kill`
            answer = b""
        if not answer.endswith(b"\n"):
            self.kill()
            raise WorkerLostError(_ending(self.process.returncode))
        text: str = json.loads(answer)
        return text

    def kill(self) -> None:
        """End the process and its children."""
        with self._lock:
            if self.process.returncode is not None:
                return  # waited for: its number may be another process's by now
            if hasattr(os, "killpg"):
                # PermissionError: macOS, of one that has ended.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
            self.process.wait(GRACE)


def _ending(code: int) -> str:
    if code >= 0:
        return f"the worker process ended with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    hint = "; out of memory?" if -code == getattr(signal, "SIGKILL", 0) else ""
    return f"the worker process was ended by {name}{hint}"
