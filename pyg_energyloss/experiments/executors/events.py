"""What a study is told while its runs go on, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["kept", "started", "progress", "lost", "done", "failed"]


@dataclass(frozen=True)
class RunEvent:
    """News of one run.

    Attributes:
        folder: Folder of the run.
        kind: ``kept`` (done before), ``started``, ``progress``, ``lost`` (its worker died; it is
            tried again), ``done`` or ``failed``.
        finished: Runs that are kept, done or failed by now.
        total: Runs in all.
        progress: What ``progress.json`` holds (of ``progress``).
        error: One line (of ``lost`` and ``failed``).
    """

    folder: Path
    kind: Kind
    finished: int
    total: int
    progress: dict[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of one run.

    Attributes:
        folder: Folder of the run.
        error: One line that names the file with the traceback; empty if ``result.json`` is there.
        attempts: How often it was tried; 0 if it was done before.
    """

    folder: Path
    error: str = ""
    attempts: int = 0
