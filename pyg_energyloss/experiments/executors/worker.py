"""The process behind the executor ``local``: takes attempts from stdin, one JSON line each.

It ends when its parent does, however that ended: on Linux by a signal of the kernel, everywhere
because stdin ends. It takes its own children (of data loaders, of xtb) with it.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
from queue import SimpleQueue
from typing import TextIO

from pyg_energyloss.experiments.executors.attempt import attempt

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Answer each line with a line: what `attempt` returned."""
    _end_with_parent()
    # What runs here may print and read; it must not meet the lines meant for us.
    orders = os.fdopen(_moved(0, os.O_RDONLY), encoding="utf-8")
    answers = os.fdopen(_moved(1, None), "w", encoding="utf-8")
    lines: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_read, args=(orders, lines), daemon=True).start()
    while True:
        order = json.loads(lines.get())
        answers.write(json.dumps(attempt(*order)) + "\n")
        answers.flush()


def _read(orders: TextIO, lines: SimpleQueue[str]) -> None:
    for line in orders:
        lines.put(line)
    _end()  # the parent is gone or wants no more


def _end() -> None:
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)  # the executor made us the leader of a group of our own
    os._exit(1)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        # Also while C code holds the interpreter's lock, when no thread could read stdin.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _moved(number: int, flags: int | None) -> int:
    """Duplicate a standard stream, and put nothing (or stderr, without flags) in its place."""
    mine = os.dup(number)
    other = os.open(os.devnull, flags) if flags is not None else os.dup(2)
    os.dup2(other, number)
    os.close(other)
    if hasattr(os, "register_at_fork"):
        # Else a forked child would keep the stream open after us, and our end would go unseen.
        os.register_at_fork(after_in_child=lambda: os.close(mine))
    return mine


if __name__ == "__main__":
    main()
