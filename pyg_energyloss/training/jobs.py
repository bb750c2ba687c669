"""Runs many independent jobs over worker processes; a failed or killed job costs only itself."""

from __future__ import annotations

import importlib
import multiprocessing as mp
import os
import queue
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

#: Seconds between two looks at whether a worker has died.
HEARTBEAT = 1.0


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


def run_jobs(jobs: Sequence[Job], *, workers: int, threads: int = 1) -> Iterator[Event]:
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
    """Worker processes with a task queue each, so that it is known who works on what."""

    def __init__(self, *, workers: int, threads: int) -> None:
        self.context = mp.get_context("spawn")
        self.events: Any = self.context.Queue()
        self.threads = threads
        self.slots: dict[int, tuple[Any, Any]] = {}
        self.working: dict[int, Job] = {}
        for slot in range(workers):
            self._start(slot)

    def _start(self, slot: int) -> None:
        tasks = self.context.Queue()
        process = self.context.Process(
            target=_work, args=(slot, tasks, self.events, self.threads), daemon=True
        )
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
        self.slots[slot] = (process, tasks)

    def run(self, waiting: list[Job]) -> Iterator[Event]:
        for slot in self.slots:
            self._next(slot, waiting)
        while self.working:
            try:
                slot, event = self.events.get(timeout=HEARTBEAT)
            except queue.Empty:
                yield from self._bury(waiting)
                continue
            yield event
            if event.kind in ("done", "failed"):
                self.working.pop(slot, None)
                self._next(slot, waiting)

    def _next(self, slot: int, waiting: list[Job]) -> None:
        if waiting:
            job = waiting.pop(0)
            self.working[slot] = job
            self.slots[slot][1].put(job)

    def _bury(self, waiting: list[Job]) -> Iterator[Event]:
        """Report the jobs of workers that died (killed, out of memory) and replace the workers."""
        for slot, (process, _) in list(self.slots.items()):
            if process.is_alive() or slot not in self.working:
                continue
            job = self.working.pop(slot)
            error = f"the worker process ended with exit code {process.exitcode}"
            yield Event(job.name, "failed", error=error)
            if waiting:
                self._start(slot)
                self._next(slot, waiting)

    def close(self) -> None:
        for process, tasks in self.slots.values():
            if process.is_alive() and not self.working:
                tasks.put(None)
        deadline = time.monotonic() + (5.0 if not self.working else 0.0)
        for process, _ in self.slots.values():
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.terminate()
                process.join(5.0)
        self.events.cancel_join_thread()


def _work(slot: int, tasks: Any, events: Any, threads: int) -> None:
    # Ctrl-C goes to the whole terminal group; the parent decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import torch

    torch.set_num_threads(threads)
    while (job := tasks.get()) is not None:
        events.put((slot, Event(job.name, "started")))
        try:
            result = _resolve(job.function)(
                **job.arguments, report=_reporter(slot, job.name, events)
            )
        except Exception as error:  # noqa: BLE001 - whatever went wrong is told to the parent
            text = " ".join(f"{type(error).__name__}: {error}".split())
            events.put(
                (slot, Event(job.name, "failed", error=text, details=traceback.format_exc()))
            )
        else:
            events.put((slot, Event(job.name, "done", result=result)))


def _reporter(slot: int, name: str, events: Any) -> Callable[[int, int, dict[str, float]], None]:
    def report(done: int, total: int, values: dict[str, float]) -> None:
        events.put((slot, Event(name, "progress", done=done, total=total, values=values)))

    return report


def _resolve(path: str) -> Callable[..., Any]:
    module, _, attribute = path.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return function
