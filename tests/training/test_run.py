import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
import torch

pytest.importorskip("lightning", reason="training needs Lightning")
from pyg_energyloss.training.run import load_result, load_splits, result_path, train_and_evaluate
from pyg_energyloss.training.spec import RunSpec


def spec(**changes):
    values = {
        "task": "geometry",
        "dataset": "qm9_small",
        "model": "gnn",
        "loss": "energy",
        "seed": 0,
        "steps": 10,
        "batch_size": 8,
        "learning_rate": 1e-3,
        "eval_graphs": 6,
        "evaluators": {"geometry": {}, "rmsd": {}},
        "model_options": {"channels": 8, "layers": 1},
        "keep_structures": 2,
    }
    return RunSpec(**{**values, **changes})


def silent(done, total, values):
    pass


def without_time(result):
    clock = ("step_ms", "train_seconds", "eval_seconds", "peak_memory_mib")
    return {k: v for k, v in result.items() if k not in clock}


def test_equal_specs_give_equal_results_and_another_seed_another(tmp_path):
    first = train_and_evaluate(spec().to_dict(), str(tmp_path / "a"), report=silent)
    second = train_and_evaluate(spec().to_dict(), str(tmp_path / "b"), report=silent)
    other = train_and_evaluate(spec(seed=1).to_dict(), str(tmp_path / "a"), report=silent)
    assert without_time(first) == without_time(second)
    assert first["history"] != other["history"]
    assert first["metrics"][0]["bond_mae"] > 0
    assert [row["step"] for row in first["history"]] == list(range(11))


def test_rotations_and_noise_depend_on_the_seed():
    from pyg_energyloss.training.module import StructureModule

    def draw(seed, stream):
        module = StructureModule(
            torch.nn.Identity(),
            torch.nn.Identity(),
            None,
            train=None,
            val=None,
            batch_size=1,
            steps=1,
            learning_rate=1.0,
            seed=seed,
        )
        return torch.rand(4, generator=module.generator(stream)).tolist()

    assert draw(0, 0) == draw(0, 0)
    assert len({tuple(draw(*which)) for which in [(0, 0), (1, 0), (0, 1), (1, 1)]}) == 4


def test_the_result_is_on_disk_and_found_again(tmp_path):
    assert load_result(tmp_path, spec()) is None
    result = train_and_evaluate(spec().to_dict(), str(tmp_path), report=silent)
    assert load_result(tmp_path, spec())["metrics"] == result["metrics"]
    assert load_result(tmp_path, spec(steps=11)) is None
    assert (
        RunSpec.from_dict(json.loads(result_path(tmp_path, spec()).read_text())["spec"]) == spec()
    )


def test_denoise_has_a_row_per_noise_level(tmp_path):
    run = spec(task="denoise", levels=(0.1, 1.0), steps=3)
    result = train_and_evaluate(run.to_dict(), str(tmp_path), report=silent)
    assert [row["level"] for row in result["metrics"]] == [0.1, 1.0]
    assert result["metrics"][0]["rmsd"] < result["metrics"][1]["rmsd"]


def test_progress_ends_at_the_last_step(tmp_path):
    told = []
    train_and_evaluate(spec().to_dict(), str(tmp_path), report=lambda *event: told.append(event))
    assert told[-1][:2] == (10, 10)
    assert set(told[-1][2]) == {"loss", "bond_mae"}


def test_a_killed_run_continues_to_the_same_result(tmp_path):
    """kill -9 in mid-training; the rerun ends with the metrics of an uninterrupted run."""
    run = spec(steps=40)
    undisturbed = train_and_evaluate(run.to_dict(), str(tmp_path / "whole"), report=silent)
    script = textwrap.dedent(f"""
        import sys, time
        from pyg_energyloss.training.run import train_and_evaluate
        def report(done, total, values):
            print(done, flush=True)
        import pyg_energyloss.training.callbacks as callbacks
        save = callbacks.AtomicCheckpoint.on_train_batch_end
        def slow(self, trainer, *rest):
            save(self, trainer, *rest)
            if trainer.global_step == 21:
                print("checkpointed", flush=True)
                time.sleep(60)
        callbacks.AtomicCheckpoint.on_train_batch_end = slow
        train_and_evaluate({run.to_dict()!r}, {str(tmp_path / "cut")!r}, report=report)
    """)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if "checkpointed" in line:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    folder = result_path(tmp_path / "cut", run).parent
    assert {p.name for p in folder.iterdir()} == {"last.ckpt"}
    assert torch.load(folder / "last.ckpt", weights_only=True)["global_step"] == 16
    time.sleep(0.1)
    resumed = train_and_evaluate(run.to_dict(), str(tmp_path / "cut"), report=silent)
    assert resumed["history"][-1] == undisturbed["history"][-1]
    assert resumed["metrics"] == undisturbed["metrics"]
    assert not (folder / "last.ckpt").exists()


def test_unknown_tasks_and_unfit_data_sets_are_errors(tmp_path):
    with pytest.raises(ValueError, match="`task` must be one of geometry, denoise; got 'fold'"):
        train_and_evaluate(spec(task="fold").to_dict(), str(tmp_path), report=silent)
    from pyg_energyloss import registry
    from pyg_energyloss.registry.table import Entry

    table = registry.lookup._loaded().table
    table.add(Entry("dataset", "unfit", lambda: {"train": [1]}, "test"))
    try:
        with pytest.raises(TypeError, match="unfit: has no split val, test; expected"):
            load_splits("unfit", {})
    finally:
        table.remove("dataset", "unfit", "test")
