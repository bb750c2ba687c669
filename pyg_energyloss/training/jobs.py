"""Runs many independent jobs over worker processes; a failed or killed job costs only itself."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing as mp
import os
import signal
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, cast

#: Seconds that a worker has to end.
GRACE = 10.0


@dataclass(frozen=True)
class Job:
    """A call that a worker makes.

    Attributes:
        name: What the job is called in progress and errors; unique.
        function: ``"module:function"``, called with ``arguments`` and ``report``, a callback
            ``report(done, total, values)``.
        arguments: Keyword arguments that can be sent to another process.
    """

    name: str
    function: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """What a worker tells: ``started``, ``progress``, ``done`` or ``failed``.

    Attributes:
        job: Name of the job.
        kind: One of the four.
        done: Units of work done (``progress``).
        total: Units of work in all (``progress``).
        values: Latest values (``progress``).
        result: What the function returned (``done``).
        error: One line (``failed``).
        details: The traceback (``failed``).
    """

    job: str
    kind: str
    done: int = 0
    total: int = 0
    values: dict[str, float] = field(default_factory=dict)
    result: Any = None
    error: str = ""
    details: str = ""


def run_jobs(
    jobs: Sequence[Job], *, workers: int, threads: int = 1
) -> Generator[Event, None, None]:
    """Run jobs in order of the list, ``workers`` at a time, and yield what they tell.

    Leaving the loop early, by Ctrl-C for instance, ends the workers.

    Args:
        jobs: What to run.
        workers: Number of processes; each imports once and then takes job after job.
        threads: Threads of each process.

    Raises:
        ValueError: ``workers`` or ``threads`` is below 1, or two jobs share a name.
    """
    if workers < 1 or threads < 1:
        raise ValueError(f"`workers` and `threads` must be at least 1, got {workers} and {threads}")
    if len({job.name for job in jobs}) != len(jobs):
        raise ValueError("`jobs` must have distinct names")
    pool = _Pool(workers=min(workers, len(jobs)), threads=threads)
    try:
        yield from pool.run(list(jobs))
    finally:
        pool.close()


class _Pool:
    """Worker processes, each with a pipe of its own: one that dies cannot block the others."""

    def __init__(self, *, workers: int, threads: int) -> None:
        self.context = mp.get_context("spawn")
        self.threads = threads
        self.workers: dict[Connection, BaseProcess] = {}
        self.working: dict[Connection, Job] = {}
        for _ in range(workers):
            self._start()

    def _start(self) -> Connection:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=_work, args=(theirs, self.threads), daemon=True)
        # Read by the numerical libraries when the worker imports them.
        wanted = {name: str(self.threads) for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")}
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            process.start()
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
        theirs.close()  # so that our end reads end-of-file when the worker dies
        self.workers[ours] = process
        return ours

    def run(self, waiting: list[Job]) -> Iterator[Event]:
        for pipe in list(self.workers):
            self._give(pipe, waiting)
        while self.working:
            for ready in wait(list(self.working)):
                pipe = cast("Connection", ready)
                try:
                    event: Event = pipe.recv()
                except (EOFError, OSError):
                    yield self._bury(pipe)
                    if waiting:
                        self._give(self._start(), waiting)
                    continue
                yield event
                if event.kind in ("done", "failed"):
                    del self.working[pipe]
                    self._give(pipe, waiting)

    def _give(self, pipe: Connection, waiting: list[Job]) -> None:
        if waiting:
            self.working[pipe] = waiting.pop(0)
            with contextlib.suppress(OSError):  # a worker that is already dead is buried by `run`
                pipe.send(self.working[pipe])

    def _bury(self, pipe: Connection) -> Event:
        """Report the job of a worker that died (killed, out of memory)."""
        process, job = self.workers.pop(pipe), self.working.pop(pipe)
        pipe.close()
        process.join(GRACE)
        error = f"the worker process ended with exit code {process.exitcode}"
        return Event(job.name, "failed", error=error)

    def close(self) -> None:
        """End the workers: those that work at once, the others when they read end-of-file."""
        for pipe, process in self.workers.items():
            if pipe in self.working:
                process.terminate()
            pipe.close()
        for process in self.workers.values():
            process.join(GRACE)
            if process.is_alive():
                process.kill()
                process.join()


def _work(pipe: Connection, threads: int) -> None:
    # Ctrl-C goes to the whole terminal group; the parent decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import torch

    torch.set_num_threads(threads)
    while True:
        try:
            job: Job = pipe.recv()
        except EOFError:
            return
        pipe.send(Event(job.name, "started"))
        try:
            result = _resolve(job.function)(**job.arguments, report=_reporter(job.name, pipe))
        except BrokenPipeError:  # the parent was killed
            return
        except Exception as error:  # noqa: BLE001 - whatever went wrong is told to the parent
            text = " ".join(f"{type(error).__name__}: {error}".split())
            pipe.send(Event(job.name, "failed", error=text, details=traceback.format_exc()))
        else:
            pipe.send(Event(job.name, "done", result=result))


def _reporter(name: str, pipe: Connection) -> Callable[[int, int, dict[str, float]], None]:
    def report(done: int, total: int, values: dict[str, float]) -> None:
        pipe.send(Event(name, "progress", done=done, total=total, values=values))

    return report


def _resolve(path: str) -> Callable[..., Any]:
    module, _, attribute = path.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return function
