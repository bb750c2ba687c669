"""A Ray cluster of two nodes, made of processes on this machine."""

import os
import signal
import time
from pathlib import Path

import pytest

from pyg_energyloss.experiments.executors import RayExecutor, run_folders
from pyg_energyloss.files import read_json


def test_the_error_names_the_extra():
    try:
        import ray  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match=r"pip install 'pyg-energyloss\[ray\]'"):
            RayExecutor()


@pytest.fixture
def cluster(toys):
    """The workers inherit the path to the toys."""
    pytest.importorskip("ray", reason="needs the extra ray")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    yield made
    made.shutdown()


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.slow
def test_a_node_killed_in_mid_run_costs_only_minutes(cluster, toys, tmp_path):
    node = cluster.add_node(num_cpus=1)
    (raylet,) = node.all_processes["raylet"]
    events = []

    def kill_the_node(event):
        events.append(event)
        if event.kind != "progress" or any(other.kind == "killed" for other in events):
            return
        pid = read_json(event.folder / ".holder.json")["pid"]
        if parent_of(pid) == raylet.process.pid and 2 < event.progress["step"] < 18:
            os.kill(raylet.process.pid, signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)
            events.append(type(event)(event.folder, "killed", 0, 0))

    names = [f"chain-{number}" for number in range(6)]
    outcomes = run_folders(
        [tmp_path / "ray" / name for name in names],
        function=toys.slow_chain,
        executor="ray",
        on_progress=kill_the_node,
        executor_options={"address": cluster.address},
    )
    run_folders([tmp_path / "local" / name for name in names], function=toys.chain)
    assert [outcome.error for outcome in outcomes] == [""] * 6
    for name in names:
        files = [tmp_path / executor / name / "result.json" for executor in ("ray", "local")]
        assert files[0].read_bytes() == files[1].read_bytes()
    (killed,) = [event.folder for event in events if event.kind == "killed"]
    assert killed in [event.folder for event in events if event.kind == "lost"]
    assert {outcome.folder: outcome.attempts for outcome in outcomes}[killed] == 2
    ends = [event.folder for event in events if event.kind == "done"]
    assert len(ends) == len(set(ends)) == 6


@pytest.mark.slow
def test_errors_and_lost_workers_are_told_as_by_processes(cluster, toys, tmp_path, wait_for_end):
    options = {"executor": "ray", "executor_options": {"address": cluster.address}}
    names = ["fail", "kill_self", "environment"]
    outcomes = run_folders(
        [tmp_path / name for name in names], function=toys.by_name, threads=1, **options
    )
    assert outcomes[0].error == f"ValueError: out of luck; see {tmp_path / 'fail' / 'error.txt'}"
    assert outcomes[1].attempts == 2
    assert "attempt 2: " in (tmp_path / "kill_self" / "error.txt").read_text()
    assert read_json(tmp_path / "environment" / "result.json")["torch"] == 1

    def stop(event):
        while not (tmp_path / "a" / "pids").exists():
            time.sleep(0.05)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_folders([tmp_path / "a"], function=toys.with_child, on_progress=stop, **options)
    wait_for_end([int(pid) for pid in (tmp_path / "a" / "pids").read_text().split()])
