"""The workers import the toy functions by name, wherever they run."""

import os
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def toys(monkeypatch):
    path = f"{HERE}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.syspath_prepend(str(HERE))
    import executor_toys

    return executor_toys


def is_running(pid):
    """Whether a process is there and more than a zombie that nobody has waited for."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.fixture
def wait_for_end():
    """Waits for the end of processes, for less than the ten minutes after which they end anyway."""

    def wait(pids):
        until = time.monotonic() + 400
        while left := [pid for pid in pids if is_running(pid)]:
            assert time.monotonic() < until, f"{left} did not end"
            time.sleep(0.05)

    return wait
