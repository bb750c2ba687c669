"""One run on two nodes, which are processes here."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("lightning", reason="training needs Lightning")
from pyg_energyloss.cli import main
from pyg_energyloss.experiments.fitting.join import has_ended
from pyg_energyloss.experiments.fitting.nodes import Nodes
from pyg_energyloss.files import read_json

FIELDS = ["size=3", "train=40", "test=10", "steps=3", "batch_size=8", "learning_rate=1e-3"]
MODEL = ["--model-arg", "spin_cnn.width=4", "--model-arg", "spin_cnn.layers=1"]
NAMES = ["--models", "spin_cnn", "--losses", "local_field,true_energy"]
COMMAND = ["study", "spins", *FIELDS, "sweeps=5", *NAMES, *MODEL, "--nodes", "2", "--out"]
COMPLETE = {"NODE_RANK": "1", "MASTER_ADDR": "here", "MASTER_PORT": "1"}


@pytest.mark.slow
def test_two_nodes_make_each_run_once_and_the_second_writes_nothing(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "pyg_energyloss", *COMMAND, str(tmp_path)],
            env=os.environ
            | {"NODE_RANK": str(rank), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)},
        )
        for rank in (1, 0)
    ]
    assert [process.wait() for process in processes] == [0, 0]
    document = read_json(tmp_path / "results.json")
    assert not document["failed"]
    assert [run["history"][-1]["step"] for run in document["runs"]] == [3, 3]
    spec = json.loads(next(Path(tmp_path).glob("runs/spin*/spec.json")).read_text())
    assert spec["hardware"]["num_nodes"] == 2


@pytest.mark.parametrize(
    "wrong", [{"NODE_RANK": "2"}, {"NODE_RANK": ""}, {"MASTER_ADDR": ""}, {"MASTER_PORT": "x"}]
)
def test_what_is_missing_in_the_environment_is_told(wrong):
    with pytest.raises(ValueError, match="NODE_RANK from 0 to 1 and MASTER_ADDR"):
        Nodes.from_environment(2, COMPLETE | wrong)


def test_slurm_tells_the_rank():
    environment = {"SLURM_NODEID": "1", "MASTER_ADDR": "here"}
    assert Nodes.from_environment(2, environment) == Nodes(2, 1, "here", 29500)


def test_runs_meet_at_ports_of_their_own():
    nodes = Nodes(2, 0, "here", 1000)
    options = [nodes.launcher_options(Path(name)) for name in ("a", "b")]
    assert options[0][:3] == ["--nnodes=2", "--node-rank=0", "--master-addr=here"]
    assert options[0][3] != options[1][3]


def test_nodes_are_for_processes_only(tmp_path, capsys):
    assert main([*COMMAND, str(tmp_path), "--executor", "ray"]) == 1
    assert "--nodes goes with --executor local" in capsys.readouterr().err


def test_other_nodes_wait_for_an_attempt_that_is_under_way(tmp_path):
    now = time.time()
    assert not has_ended(tmp_path, now - 60)
    (tmp_path / "error.txt").touch()
    assert not has_ended(tmp_path, now - 60)
    (tmp_path / "error.txt").write_text("Traceback")
    assert has_ended(tmp_path, now - 60)
    assert not has_ended(tmp_path, now + 60)  # of an earlier study
    (tmp_path / "result.json").touch()
    assert has_ended(tmp_path, now + 60)
