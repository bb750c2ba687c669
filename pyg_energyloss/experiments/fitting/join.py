"""What the other nodes do while the first one leads a study."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyg_energyloss.experiments.run import run_on_several

#: Seconds between two looks at whether the first node has ended a run.
TICK = 0.5


def join_runs(folders: Sequence[Path], hardware: Mapping[str, Any]) -> None:
    """Take part in runs that the first node leads; it alone measures and writes.

    Args:
        folders: Of the runs that are not finished, in the order in which the first makes them.
        hardware: Lightning's ``devices``, ``num_nodes`` and ``strategy``.
    """
    for folder in folders:
        started = time.time()
        try:
            run_on_several(folder, hardware)
        except RuntimeError:
            continue  # the first node tells, and goes on with the next run
        while not has_ended(folder, started):
            time.sleep(TICK)


def has_ended(folder: Path, since: float) -> bool:
    """Whether a run has its result, or has failed since a time.

    An empty error.txt is that of an attempt that is under way.
    """
    if (folder / "result.json").exists():
        return True
    try:
        found = (folder / "error.txt").stat()
    except FileNotFoundError:
        return False
    return bool(found.st_size) and found.st_mtime > since
