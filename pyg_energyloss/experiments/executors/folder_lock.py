"""A folder that one process at a time works in."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pyg_energyloss.files import CorruptFileError, read_json, write_json

LOCK, HOLDER = ".lock", ".holder.json"


class FolderInUseError(RuntimeError):
    """Another process works in the folder; the message says which."""


@contextmanager
def folder_lock(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold a folder; it is made if it is not there.

    The operating system holds the lock (``flock``), so that of a killed process is gone with it:
    there are no stale locks to clear. Who holds it is written beside, for the message.

    Args:
        folder: What to hold.
        wait: Wait until another process lets go, instead of raising.

    Raises:
        FolderInUseError: another process holds the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise FolderInUseError(
            f"{folder} is in use by {_holder(folder)}: wait for its end, or choose another folder"
        ) from None
    try:
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        names = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        write_json(folder / HOLDER, names | {"command": " ".join(sys.argv)})
        yield
        (folder / HOLDER).unlink(missing_ok=True)
    finally:
        lock.release()


def _holder(folder: Path) -> str:
    try:
        found = read_json(folder / HOLDER)
    except (OSError, CorruptFileError):
        return "another process"
    return "process {pid} on {host} since {since} ({command})".format_map(
        dict.fromkeys(("pid", "host", "since", "command"), "?") | found
    )
