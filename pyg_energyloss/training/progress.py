"""Shows how many runs are done and where each running one is."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

from pyg_energyloss.training.jobs import Event


class JobProgress:
    """Live bars on a terminal, one line per finished run elsewhere.

    Args:
        total: Number of runs.
        already: How many of them were finished before.
    """

    def __init__(self, total: int, *, already: int = 0) -> None:
        self.total, self.done = total, already
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._start_bars()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def _start_bars(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[values]}"),
            console=Console(stderr=True),
        )
        self._bars.start()
        self._overall = self._bars.add_task(
            "runs", total=self.total, completed=self.done, values=""
        )

    def show(self, event: Event, *, note: str = "") -> None:
        """Take in an event; ``note`` is what to say of a finished run."""
        if event.kind in ("done", "failed"):
            self.done += 1
        if self._bars is None:
            self._line(event, note)
            return
        if event.kind == "started":
            self._tasks[event.job] = self._bars.add_task(event.job, total=None, values="")
        elif event.kind == "progress" and event.job in self._tasks:
            self._bars.update(
                self._tasks[event.job],
                completed=event.done,
                total=event.total,
                values="  ".join(f"{name} {value:.3g}" for name, value in event.values.items()),
            )
        elif event.kind in ("done", "failed"):
            if event.job in self._tasks:
                self._bars.remove_task(self._tasks.pop(event.job))
            self._bars.update(self._overall, completed=self.done)
            self._bars.console.print(self._text(event, note), highlight=False)

    def _text(self, event: Event, note: str) -> str:
        outcome = f"failed: {event.error}" if event.kind == "failed" else note
        return f"{self.done}/{self.total}  {event.job}  {outcome}"

    def _line(self, event: Event, note: str) -> None:
        if event.kind in ("done", "failed"):
            print(self._text(event, note), file=sys.stderr, flush=True)  # noqa: T201 - progress
