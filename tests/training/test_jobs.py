import os
import signal

import pytest

from pyg_energyloss.training.jobs import Job, run_jobs

HERE = "tests.training.job_functions"


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    """The workers import the functions by name."""
    from pathlib import Path

    root = Path(__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{root}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.syspath_prepend(str(root))


def job(name, function, **arguments):
    return Job(name, f"{HERE}:{function}", arguments)


def test_every_job_is_run_once_and_failures_cost_only_themselves():
    jobs = [
        job("a", "square", x=3),
        job("b", "fail", message="out of luck"),
        job("c", "die", status=9),
        job("d", "square", x=5),
        job("e", "square", x=6),
    ]
    events = list(run_jobs(jobs, workers=2))
    done = {e.job: e.result for e in events if e.kind == "done"}
    failed = {e.job: e for e in events if e.kind == "failed"}
    assert done == {"a": 9, "d": 25, "e": 36}
    assert failed["b"].error == "ValueError: out of luck"
    assert "Traceback" in failed["b"].details
    assert failed["c"].error == "the worker process ended with exit code 9"
    progress = [e for e in events if e.kind == "progress" and e.job == "a"]
    assert [(e.done, e.total, e.values) for e in progress] == [(1, 1, {"x": 3})]


def test_leaving_the_loop_ends_the_workers():
    events = run_jobs([job("a", "own_pid"), job("b", "sleep_long")], workers=2)
    pids = []
    for event in events:
        if event.kind == "progress":
            pids.append(int(event.values["pid"]))
        if len(pids) == 2:
            break
    events.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def test_names_and_counts_are_checked():
    with pytest.raises(ValueError, match="distinct names"):
        list(run_jobs([job("a", "square", x=1), job("a", "square", x=1)], workers=1))
    with pytest.raises(ValueError, match="`workers` and `threads` must be at least 1"):
        list(run_jobs([], workers=0))
