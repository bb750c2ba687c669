"""One run is one folder, whatever happens to the process that makes it."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("lightning", reason="training needs Lightning")
pytest.importorskip("pymatching", reason="exact ground states need PyMatching")
from pyg_energyloss import registry
from pyg_energyloss.experiments.study import run_one

from .specs import SPECS, dying, generator, register_dying, spins, structure

CLOCKS = ("step_ms", "train_seconds", "eval_seconds", "peak_memory_mib", "environment")
ROOT = Path(__file__).parents[2]


def without_time(result):
    return {k: v for k, v in result.items() if k not in CLOCKS}


def arrays(path):
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A run of each experiment."""
    out = tmp_path_factory.mktemp("first")
    return out, {name: run_one(name, make(), out) for name, make in SPECS.items()}


@pytest.mark.parametrize("name", SPECS)
def test_equal_specs_give_equal_results_and_another_seed_another(name, first, tmp_path):
    _, results = first
    again = run_one(name, SPECS[name](), tmp_path)
    other = run_one(name, SPECS[name](seed=1), tmp_path)
    assert without_time(again) == without_time(results[name])
    assert other["history"] != again["history"]


@pytest.mark.parametrize("name", SPECS)
def test_a_run_leaves_its_result_its_weights_and_where_it_was_made(name, first):
    out, results = first
    folder = out / "runs" / SPECS[name]().key
    names = {path.name for path in folder.iterdir()}
    assert {"spec.json", "result.json", "trained.json", "weights.npz"} <= names
    assert not names & {"last.ckpt", "error.txt"}
    assert json.loads((folder / "result.json").read_text()) == results[name]
    assert results[name]["environment"]["versions"]["torch"]
    steps = [row["step"] for row in results[name]["history"]]
    assert steps[0] == 0
    assert steps[-1] == 10
    progress = json.loads((folder / "progress.json").read_text())
    assert progress["phase"] in {"evaluating", "sampling"}


def test_every_molecule_keeps_its_own_errors(first):
    """What paired tests between runs need."""
    out, results = first
    of_molecules = arrays(out / "runs" / structure().key / "molecules.npz")
    values = results["compare"]["measurements"][0]["values"]
    for metric in ("bond_mae", "rmsd"):
        assert of_molecules[metric].shape == (6,)
        assert np.nanmean(of_molecules[metric]) == pytest.approx(values[metric])


def test_judging_on_validation_molecules_trains_nothing_again(tmp_path):
    test = run_one("compare", structure(), tmp_path)
    val = run_one("compare", structure(eval_split="val"), tmp_path)
    assert val["train_seconds"] == test["train_seconds"]
    assert val["measurements"] != test["measurements"]
    again = run_one("compare", structure(), tmp_path)
    assert again["measurements"] == test["measurements"]


#: Imports everything once; each run has a process of its own, which its loss ends.
KILLED = """
import os, sys
from pathlib import Path
import torch
sys.path.insert(0, sys.argv[1])
from tests.experiments.specs import SPECS, dying, register_dying
from pyg_energyloss.experiments.study import run_one
torch.set_num_threads(1)
out = Path(sys.argv[2])
for name in SPECS:
    if os.fork() == 0:
        register_dying(name)
        (out / name).touch()
        run_one(name, dying(name, out / name), out / "cut")
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A run of each experiment, killed with -9 in its seventh step."""
    out = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-c", KILLED, str(ROOT), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(-signal.SIGKILL)] * len(SPECS), done.stderr[-2000:]
    yield out
    registry.reload()


@pytest.mark.parametrize("name", SPECS)
def test_a_killed_run_continues_to_the_same_result(name, killed):
    """The rerun ends with what an uninterrupted run gives."""
    run = dying(name, killed / name)
    folder, whole = (killed / part / "runs" / run.key for part in ("cut", "whole"))
    left = {path.name for path in folder.iterdir()}
    assert "last.ckpt" in left
    assert not left & {"result.json", "trained.json", "weights.npz"}
    assert not [path for path in left if path.endswith(".tmp")]
    register_dying(name)
    for part in ("cut", "whole"):
        run_one(name, run, killed / part)
    results = [json.loads((path / "result.json").read_text()) for path in (folder, whole)]
    assert results[0]["measurements"] == results[1]["measurements"]
    assert results[0]["history"] == results[1]["history"]
    both = [arrays(path / "weights.npz") for path in (folder, whole)]
    assert all(np.array_equal(both[0][key], both[1][key]) for key in both[1])


def test_a_run_killed_between_weights_and_result_keeps_no_checkpoint(tmp_path):
    folder = tmp_path / "runs" / spins().key
    result = run_one("spins", spins(), tmp_path)
    (folder / "result.json").unlink()
    (folder / "last.ckpt").write_bytes(b"of the last step")
    again = run_one("spins", spins(), tmp_path)
    assert again["measurements"] == result["measurements"]
    assert not (folder / "last.ckpt").exists()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("compare", {"eval_graphs": 3}),
        ("compare", {"evaluators": {"geometry": {}}}),
        ("generate", {"samples": 5}),
        ("generate", {"evaluators": ("stability", "distributions")}),
        ("spins", {"keep_systems": 1}),
    ],
)
def test_judging_otherwise_trains_nothing(name, change, first, tmp_path):
    out = shutil.copytree(first[0], tmp_path / "first")
    spec = SPECS[name](**change)
    weights = out / "runs" / spec.key / "weights.npz"
    before = weights.stat().st_mtime_ns
    result = run_one(name, spec, out)
    assert result["spec"] == spec.to_dict()
    assert weights.stat().st_mtime_ns == before
    assert run_one(name, SPECS[name](), out)["spec"] == SPECS[name]().to_dict()


def test_denoise_has_a_measurement_per_noise_level(tmp_path):
    result = run_one("compare", structure(task="denoise", levels=(0.1, 1.0), steps=3), tmp_path)
    assert [m["labels"] for m in result["measurements"]] == [{"noise": "0.1 Å"}, {"noise": "1 Å"}]
    low, high = (m["values"]["rmsd"] for m in result["measurements"])
    assert low < high


def test_half_precision_trains(tmp_path):
    result = run_one("generate", generator(precision="bf16-mixed"), tmp_path)
    assert np.isfinite(result["history"][-1]["positions"])


def test_training_lowers_the_excess_energy(tmp_path):
    run = spins(steps=60, loss="target_bond", learning_rate=1e-2)
    history = run_one("spins", run, tmp_path)["history"]
    assert history[-1]["excess"] < 0.8 * history[1]["excess"]


def test_a_learning_rate_of_zero_trains_nothing(tmp_path):
    history = run_one("spins", spins(learning_rate=0.0), tmp_path)["history"]
    assert len({row["excess"] for row in history}) == 1
