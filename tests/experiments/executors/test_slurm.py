"""Slurm jobs, with submitit's processes in the place of Slurm."""

import os
import signal
import time

import pytest

from pyg_energyloss.experiments.executors import SlurmExecutor, WorkerLostError, run_folders
from pyg_energyloss.files import read_json

LOCAL = {"cluster": "local", "interval": 0.1}


def test_the_error_names_the_extra():
    try:
        import submitit  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match=r"pip install 'pyg-energyloss\[slurm\]'"):
            SlurmExecutor("logs")


@pytest.fixture
def submitit():
    return pytest.importorskip("submitit", reason="needs the extra slurm")


def test_jobs_give_what_processes_give(submitit, toys, tmp_path):
    names = ["chain-1", "fail", "kill_self_once", "chain-2"]
    outcomes = {}
    for executor, options in (("local", None), ("slurm", LOCAL)):
        folders = [tmp_path / executor / name for name in names]
        outcomes[executor] = run_folders(
            folders, function=toys.by_name, executor=executor, workers=2, executor_options=options
        )
    for ours, theirs in zip(outcomes["local"], outcomes["slurm"], strict=True):
        assert ours.attempts == theirs.attempts
        assert ours.error.partition(";")[0] == theirs.error.partition(";")[0]
        results = [outcome.folder / "result.json" for outcome in (ours, theirs)]
        assert results[0].exists() == results[1].exists() == (not ours.error)
        if not ours.error:
            assert results[0].read_bytes() == results[1].read_bytes()
    assert (tmp_path / "slurm" / ".slurm").is_dir()


def test_a_study_that_is_left_cancels_its_jobs(submitit, toys, tmp_path, wait_for_end):
    run = tmp_path / "a"

    def stop(event):
        while not (run / "pids").exists():
            time.sleep(0.05)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_folders(
            [run],
            function=toys.with_child,
            executor="slurm",
            on_progress=stop,
            executor_options=LOCAL,
        )
    worker, child = map(int, (run / "pids").read_text().split())
    wait_for_end([worker])
    os.kill(child, signal.SIGKILL)


def test_shutting_down_waits_for_jobs_unless_told_to_cancel(submitit, toys, tmp_path):
    pool = SlurmExecutor(tmp_path / "logs", **LOCAL)
    run = tmp_path / "chain-1"
    run.mkdir()
    future = pool.submit(toys.chain, str(run))
    pool.shutdown()
    assert future.result() is None
    assert read_json(run / "result.json")
    pool = SlurmExecutor(tmp_path / "logs", **LOCAL)
    future = pool.submit(toys.hold_the_interpreter)
    pool.shutdown(cancel_futures=True)
    with pytest.raises(WorkerLostError, match="the executor was shut down"):
        future.result()


def test_jobs_share_no_gpu(toys, tmp_path):
    with pytest.raises(ValueError, match="`runs_per_device` must be 1 for slurm"):
        run_folders([tmp_path / "a"], function=toys.chain, executor="slurm", runs_per_device=2)
