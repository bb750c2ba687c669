"""The process behind the executor ``local``: takes attempts from stdin, one JSON line each.

It is two processes in a group of their own. The guard passes the lines on and, when they end, ends
the group: the worker, whatever C code it is in, and the worker's own children (of data loaders, of
xtb). So nothing outlives the parent, however that ended: the kernel closes its end of stdin.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
from typing import BinaryIO

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Answer each line with a line: what `attempt` returned."""
    if not hasattr(os, "fork"):  # Windows: an idle worker ends with its parent, a busy one later
        _work(_moved(0, os.O_RDONLY), _moved(1, None))
        return
    lines_out, lines_in = os.pipe()
    worker = os.fork()  # nothing heavy is imported yet, and there is one thread
    if worker:
        os.close(lines_out)
        _guard(worker, lines_in)
    os.close(lines_in)
    os.dup2(lines_out, 0)
    os.close(lines_out)
    end_with_parent()
    _work(_moved(0, os.O_RDONLY), _moved(1, None))


def _guard(worker: int, lines_in: int) -> None:
    """Pass lines on until they or the worker end; end as the worker did.

    Answers are the worker's, but the guard holds their stream too: it ends when both have, and then
    the guard's status tells how the worker ended.
    """
    lines = os.fdopen(lines_in, "wb", buffering=0)
    threading.Thread(target=_pass_on, args=(sys.stdin.buffer, lines), daemon=True).start()
    code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    if code >= 0:
        os._exit(code)
    if -code == signal.SIGINT:  # the only one that Python handles
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), -code)


def _pass_on(source: BinaryIO, target: BinaryIO) -> None:
    target.writelines(source)
    # The parent is gone or wants no more. The executor made us the leader of the group.
    os.killpg(0, signal.SIGKILL)


def end_with_parent() -> None:
    """End as soon as the process that started this one does, by kill -9 too; on Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _work(orders: int, answers: int) -> None:
    from pyg_energyloss.experiments.executors.attempt import attempt

    with os.fdopen(orders, encoding="utf-8") as source, os.fdopen(answers, "wb") as target:
        for line in source:
            target.write(json.dumps(attempt(*json.loads(line))).encode() + b"\n")
            target.flush()


def _moved(number: int, flags: int | None) -> int:
    """Duplicate a standard stream, and put nothing (or stderr, without flags) in its place.

    What runs here may print and read; it must not meet the lines meant for us.
    """
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
