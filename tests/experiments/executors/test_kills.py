"""Workers and parents killed with -9 at random moments: nothing torn, no orphan, the same bytes."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

RUNS = 12
PROGRAM = "import sys, executor_toys; executor_toys.study(sys.argv[1], {runs})"
WORKER = "pyg_energyloss.experiments.executors.worker"


def start(out):
    return subprocess.Popen([sys.executable, "-c", PROGRAM.format(runs=RUNS), str(out)])


def content(out):
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def workers_of(pid):
    """Guards of a parent and the workers that they guard, Linux only."""
    guards = children(pid)
    return guards + [worker for guard in guards for worker in children(guard)]


def children(pid):
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            command = (status.parent / "cmdline").read_text()
        except (OSError, ProcessLookupError):
            continue
        if int(fields[1]) == pid and WORKER in command:
            found.append(int(status.parent.name))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_twenty_kills_leave_the_bytes_of_an_undisturbed_study(toys, tmp_path, wait_for_end):
    assert start(tmp_path / "calm").wait() == 0
    draw = random.Random(0)  # noqa: S311 - moments, no secrets
    seen, kills, studies = set(), 0, 0
    while kills < 20:  # a study that came to its end before is followed by another
        out = tmp_path / f"wild-{studies}"
        study, studies = start(out), studies + 1
        while study.poll() is None:
            time.sleep(draw.uniform(0.0, 0.5))
            workers = workers_of(study.pid)
            seen.update(workers)
            victim = study.pid if kills % 2 or not workers else draw.choice(workers)
            if kills < 20 and study.poll() is None:
                with contextlib.suppress(ProcessLookupError):  # a worker may have ended by itself
                    os.kill(victim, signal.SIGKILL)
                    kills += 1
            if victim == study.pid and kills <= 20:
                study.wait()
                study = start(out)
            if kills == 20:
                study.wait()
        assert study.returncode == 0
        wait_for_end(seen)
        assert content(out) == content(tmp_path / "calm")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_worker_of_a_killed_parent_ends_with_its_children(toys, tmp_path, wait_for_end):
    """Also while C code holds the interpreter's lock."""
    program = (
        "import sys, pathlib, executor_toys; from pyg_energyloss.experiments.executors import *;"
        "run_folders([pathlib.Path(sys.argv[1])], function=executor_toys.with_child, workers=1)"
    )
    study = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)])
    while not (tmp_path / "pids").exists():
        assert study.poll() is None
        time.sleep(0.05)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    study.kill()
    study.wait()
    wait_for_end(pids)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells on Linux only")
def test_a_process_in_a_session_of_its_own_ends_with_its_parent(wait_for_end):
    """As those do that torch's launcher starts for one run on several devices."""
    below = "from pyg_energyloss.experiments.executors.worker import end_with_parent as end;"
    below += "import os, time; end(); print(os.getpid(), flush=True); time.sleep(600)"
    above = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]],"
    above += "start_new_session=True)"
    parent = subprocess.Popen(
        [sys.executable, "-c", above, below], stdout=subprocess.PIPE, text=True
    )
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    wait_for_end([pid])
