"""Runs that are folders, over any executor: resumed, watched, tried again, contained."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyg_energyloss.experiments.executors.attempt import ERROR, attempt, name_of, tidy
from pyg_energyloss.experiments.executors.events import Kind, Outcome, RunEvent
from pyg_energyloss.experiments.executors.folder_lock import HOLDER
from pyg_energyloss.experiments.executors.named import make_executor
from pyg_energyloss.experiments.executors.progress_file import PROGRESS
from pyg_energyloss.files import CorruptFileError, read_json, read_or_set_aside

RESULT = "result.json"

#: Seconds between two looks at the runs' progress.
TICK = 0.2


def run_folders(
    folders: Sequence[Path],
    *,
    function: Callable[[str], None],
    executor: str | Executor = "local",
    workers: int | None = None,
    threads: int | None = None,
    devices: int | Sequence[int] | None = None,
    runs_per_device: int = 1,
    on_progress: Callable[[RunEvent], None] | None = None,
    retries: int = 1,
    executor_options: Mapping[str, Any] | None = None,
) -> list[Outcome]:
    """Call a function for each folder that has no whole ``result.json`` yet.

    The function is idempotent: it writes ``result.json`` atomically and continues from what it
    finds. Everything passes through files in the folder, so that every executor gives the same: a
    run whose worker is killed is tried again, one that raises leaves its traceback in
    ``error.txt``, and neither touches the others. Ctrl-C ends the workers; the same call continues.

    Args:
        folders: Folders of the runs, distinct; first come, first served.
        function: At the top of a module; called with the folder as text.
        executor: "local" (processes), "ray", "slurm", or any ``concurrent.futures.Executor`` whose
            workers see the folders; the caller shuts that one down.
        workers: Runs at a time; None: local has one a core or GPU, others leave it to the cluster.
        threads: Threads of each run; None: local shares the cores out, others take 1.
        devices: GPUs of this machine, how many or their numbers, 0 for none; for ray and slurm only
            whether a run gets one. None: all there are; with slurm none.
        runs_per_device: Runs that share a GPU.
        on_progress: Called with what happens, in the caller's thread.
        retries: How often a run whose worker was lost is tried again.
        executor_options: Of `RayExecutor` or `SlurmExecutor`, such as the partition.

    Returns:
        One outcome a folder, in the order given.

    Raises:
        ValueError: a folder is named twice, a number is out of range, or other processes cannot
            import the function.
        ImportError: the executor's library is missing; the message tells what to install.
    """
    paths = [Path(folder) for folder in folders]
    if len({path.resolve() for path in paths}) != len(paths):
        raise ValueError("`folders` must be distinct")
    for option, value, least in (
        ("workers", workers, 1),
        ("threads", threads, 1),
        ("runs_per_device", runs_per_device, 1),
        ("retries", retries, 0),
    ):
        if value is not None and value < least:
            raise ValueError(f"`{option}` must be at least {least}, got {value}")
    study = _Study(paths, name_of(function), retries, on_progress or (lambda _: None))
    left = study.keep_finished()
    if not left:
        return study.in_order()
    if isinstance(executor, Executor):
        study.run(executor, left, workers or len(left), threads or 1)
        return study.in_order()
    pool, at_a_time, threads = make_executor(
        executor,
        left,
        workers=workers,
        threads=threads,
        devices=devices,
        runs_per_device=runs_per_device,
        options=executor_options,
    )
    try:
        study.run(pool, left, at_a_time, threads)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return study.in_order()


@dataclass
class _Run:
    """A run that is under way."""

    folder: Path
    attempts: int
    marks: dict[str, int]
    started: bool = False

    def changed(self, name: str) -> bool:
        """Whether a file of the folder is another one than at the last look."""
        mark = _mark(self.folder / name)
        changed = mark not in (0, self.marks[name])
        self.marks[name] = mark
        return changed


class _Study:
    def __init__(
        self, folders: list[Path], function: str, retries: int, tell: Callable[[RunEvent], None]
    ) -> None:
        self.folders, self.function, self.retries, self.tell = folders, function, retries, tell
        self.outcomes: dict[Path, Outcome] = {}

    def in_order(self) -> list[Outcome]:
        return [self.outcomes[folder] for folder in self.folders]

    def keep_finished(self) -> list[Path]:
        """Take over the results that are there; return the folders that have none."""
        left = []
        for folder in self.folders:
            if read_or_set_aside(folder / RESULT) is None:
                left.append(folder)
            else:
                if (folder / HOLDER).exists():
                    tidy(folder)
                self._end(Outcome(folder), "kept")
        return left

    def run(self, pool: Executor, folders: list[Path], at_a_time: int, threads: int) -> None:
        waiting = deque((folder, 1) for folder in folders)
        active: dict[Future[str], _Run] = {}
        try:
            while waiting or active:
                while waiting and len(active) < at_a_time:
                    folder, number = waiting.popleft()
                    marks = {name: _mark(folder / name) for name in (HOLDER, PROGRESS)}
                    future = pool.submit(attempt, self.function, str(folder.resolve()), threads)
                    active[future] = _Run(folder, number, marks)
                ready, _ = wait(active, timeout=TICK, return_when=FIRST_COMPLETED)
                for run in active.values():
                    self._look(run)
                for future in ready:
                    run = active.pop(future)
                    if self._finish(run, future):
                        waiting.appendleft((run.folder, run.attempts + 1))
        finally:
            for future in active:
                future.cancel()

    def _look(self, run: _Run) -> None:
        held, moved = run.changed(HOLDER), run.changed(PROGRESS)
        if (held or moved) and not run.started:
            run.started = True
            self._tell(run.folder, "started")
        if moved:
            try:
                self._tell(run.folder, "progress", progress=read_json(run.folder / PROGRESS))
            except (OSError, CorruptFileError):
                return  # it is only to look at

    def _finish(self, run: _Run, future: Future[str]) -> bool:
        """Take in the end of an attempt; whether to try again."""
        folder, lost, error = run.folder, False, ""
        try:
            error = future.result()
        except Exception as problem:  # noqa: BLE001 - `attempt` raises nothing: its process is gone
            lost, error = True, " ".join(str(problem).split()) or type(problem).__name__
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / ERROR).open("a", encoding="utf-8") as stream:
                stream.write(f"attempt {run.attempts}: {error}\n")
        if lost and run.attempts <= self.retries:
            self._tell(folder, "lost", error=error)
            return True
        if not error and read_or_set_aside(folder / RESULT) is None:
            error = f"it ended without a whole {RESULT} in {folder}"
        elif error:
            error = f"{error}; see {folder / ERROR}"
        self._end(Outcome(folder, error, run.attempts), "failed" if error else "done")
        return False

    def _end(self, outcome: Outcome, kind: Kind) -> None:
        self.outcomes[outcome.folder] = outcome
        self._tell(outcome.folder, kind, error=outcome.error)

    def _tell(
        self, folder: Path, kind: Kind, *, progress: dict[str, Any] | None = None, error: str = ""
    ) -> None:
        finished, total = len(self.outcomes), len(self.folders)
        self.tell(RunEvent(folder, kind, finished, total, progress or {}, error))


def _mark(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
