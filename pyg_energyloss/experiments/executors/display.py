"""Shows how many runs are done and where each running one is."""

from __future__ import annotations

import locale
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from pyg_energyloss.experiments.executors.events import RunEvent

ENDS = ("done", "failed")
ASCII = str.maketrans({"Å": "A", "±": "+-", "×": "x", "–": "-", "…": "...", "²": "^2", "µ": "u"})


class ProgressDisplay:
    """Live bars on a terminal, one line per finished run elsewhere; ASCII where the terminal is.

    Pass `show` to `run_folders` as ``on_progress``.

    Args:
        label: What a run is called, from its folder.
        note: What to say of a run that is done, from its folder.
        stream: Where to write; stderr if None.
    """

    def __init__(
        self,
        *,
        label: Callable[[Path], str] = lambda folder: folder.name,
        note: Callable[[Path], str] = lambda _: "",
        stream: TextIO | None = None,
    ) -> None:
        self.label, self.note = label, note
        self.stream = sys.stderr if stream is None else stream
        self._bars: Any = None
        self._overall: Any = None
        self._tasks: dict[Path, Any] = {}

    def __enter__(self) -> Self:
        if self.stream.isatty():
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

    def show(self, event: RunEvent) -> None:
        """Take in an event."""
        if self._bars is not None:
            self._move_bars(event)
        if event.kind in (*ENDS, "lost"):
            text = plain(self._text(event), self.stream)
            if self._bars is None:
                print(text, file=self.stream, flush=True)
            else:
                self._bars.console.print(text, highlight=False, markup=False)

    def _text(self, event: RunEvent) -> str:
        outcome = {"failed": f"failed: {event.error}", "lost": f"tried again: {event.error}"}.get(
            event.kind
        )
        if outcome is None:
            outcome = self.note(event.folder)
        return f"{event.finished}/{event.total}  {self.label(event.folder)}  {outcome}".rstrip()

    def _start_bars(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        columns: list[Any] = [TextColumn("{task.description}", markup=False)]
        if is_unicode(self.stream):
            columns.append(BarColumn())
        self._bars = Progress(
            *columns,
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[message]}", markup=False),
            console=Console(file=self.stream),
        )
        self._bars.start()
        self._overall = self._bars.add_task("runs", total=None, message="")

    def _move_bars(self, event: RunEvent) -> None:
        self._bars.update(self._overall, completed=event.finished, total=event.total)
        if event.kind == "started" and event.folder not in self._tasks:
            label = plain(self.label(event.folder), self.stream)
            self._tasks[event.folder] = self._bars.add_task(label, total=None, message="")
        elif event.kind == "progress" and event.folder in self._tasks:
            message = " ".join(str(event.progress.get(key, "")) for key in ("phase", "message"))
            self._bars.update(
                self._tasks[event.folder],
                completed=event.progress.get("step", 0),
                total=event.progress.get("steps") or None,
                message=plain(message.strip(), self.stream),
            )
        elif event.kind in (*ENDS, "lost") and event.folder in self._tasks:
            self._bars.remove_task(self._tasks.pop(event.folder))


def is_unicode(stream: TextIO) -> bool:
    """Whether the terminal behind a stream shows more than ASCII.

    With ``LC_ALL=C`` Python writes UTF-8 nevertheless; the locale tells the truth.
    """
    names = (getattr(stream, "encoding", None) or "ascii", locale.getencoding())
    return all(name.lower().startswith("utf") for name in names)


def plain(text: str, stream: TextIO) -> str:
    """Text as the stream can show it; units and signs in letters where it has only ASCII."""
    if is_unicode(stream):
        return text
    return text.translate(ASCII).encode("ascii", "replace").decode()
