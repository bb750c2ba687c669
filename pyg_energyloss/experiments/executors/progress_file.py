"""Where a run is, as a small file in its folder that any process of the cluster can look at."""

from __future__ import annotations

import os
import time
from pathlib import Path

from pyg_energyloss.files import write_json

PROGRESS = "progress.json"


class ProgressFile:
    """Writes ``progress.json``: step, steps, phase, message, time.

    Args:
        folder: Folder of the run.
        every: Seconds between two writes; a new phase and a phase's last step are always written.
    """

    def __init__(self, folder: str | os.PathLike[str], *, every: float = 0.5) -> None:
        self.path = Path(folder) / PROGRESS
        self.every = every
        self._phase = ""
        self._written = 0.0

    def update(self, step: int, steps: int, *, phase: str = "", message: str = "") -> None:
        """Tell where the run is.

        Args:
            step: Steps done.
            steps: Steps in all; 0 if not known.
            phase: What is done in these steps, such as "train".
            message: Latest values, as text.
        """
        now = time.monotonic()
        if phase == self._phase and step != steps and now - self._written < self.every:
            return
        self._phase, self._written = phase, now
        document = {"step": step, "steps": steps, "phase": phase, "message": message}
        write_json(self.path, document | {"time": time.time()})
