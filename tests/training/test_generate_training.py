import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

pytest.importorskip("lightning", reason="training needs Lightning")
from pyg_energyloss import registry
from pyg_energyloss.training.generate_run import (
    load_result,
    part_of,
    result_path,
    train_and_sample,
)
from pyg_energyloss.training.generate_sampling import sample_again
from pyg_energyloss.training.generate_spec import GenerateSpec
from pyg_energyloss.training.generator import load_generator, make_diffusion


def spec(**changes):
    values = {
        "dataset": "qm9_small",
        "model": "gdm",
        "loss": "energy_gated",
        "seed": 0,
        "steps": 10,
        "batch_size": 8,
        "learning_rate": 1e-3,
        "position_weight": 1.0,
        "prediction": "velocity",
        "sample_steps": 3,
        "samples": 4,
        "evaluators": ("stability",),
        "model_options": {"channels": 8, "layers": 1},
    }
    return GenerateSpec(**{**values, **changes})


def silent(done, total, values):
    pass


def weights(folder):
    with np.load(folder / "weights.npz", allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def same(first, second):
    return first.keys() == second.keys() and all(
        np.array_equal(first[name], second[name]) for name in first
    )


def test_trains_samples_judges_and_writes(tmp_path):
    run = spec()
    told = []
    result = train_and_sample(
        run.to_dict(), str(tmp_path), report=lambda *event: told.append(event)
    )
    folder = result_path(tmp_path, run).parent
    assert {"generator.json", "weights.npz", "trained.json", "result.json", "curve.csv"} <= {
        p.name for p in folder.iterdir()
    }
    assert not (folder / "last.ckpt").exists()
    assert set(result["metrics"]) == {"averaged", "last"}
    assert 0 <= result["metrics"]["averaged"]["stability"]["atom_stable"] <= 1
    assert result["history"][-1]["step"] == 10
    assert result["history"][-1]["val_bond_mae"] > 0
    assert told[-1][:2] == (4, 4)
    ase_io = pytest.importorskip("ase.io")
    molecules = ase_io.read(folder / "averaged.extxyz", index=":")
    assert len(molecules) == 4
    assert set(np.concatenate([m.numbers for m in molecules])) <= {1, 6, 7, 8, 9}


def test_equal_specs_give_equal_weights_and_another_seed_others(tmp_path):
    folders = []
    for name, seed in (("a", 0), ("b", 0), ("a", 1)):
        run = spec(seed=seed)
        train_and_sample(run.to_dict(), str(tmp_path / name), report=silent)
        folders.append(result_path(tmp_path / name, run).parent)
    first, again, other = map(weights, folders)
    assert same(first, again)
    assert not same(first, other)
    # The average lags behind the last weights.
    assert not np.array_equal(first["averaged/embed.weight"], first["last/embed.weight"])


def cut_short(run, out, stop):
    """Run in a process of its own, and kill -9 it as soon as `stop` (a line of code) says so."""
    script = textwrap.dedent(f"""
        import os, signal
        from pyg_energyloss.training import generate_run, generate_sampling
        from pyg_energyloss.training.callbacks import AtomicCheckpoint
        def die():
            os.kill(os.getpid(), signal.SIGKILL)
        save = AtomicCheckpoint.on_train_batch_end
        def saved(self, trainer, *rest):
            save(self, trainer, *rest)
            if {stop!r} == "train" and trainer.global_step == 7:
                die()
        AtomicCheckpoint.on_train_batch_end = saved
        write = generate_sampling.write_bytes
        def written(path, content):
            if {stop!r} == "sample" and path.name == "0001.npz":
                die()
            return write(path, content)
        generate_sampling.write_bytes = written
        generate_sampling.CHUNK = 2
        generate_run.train_and_sample(
            {run.to_dict()!r}, {str(out)!r}, report=lambda *event: None
        )
    """)
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


@pytest.mark.parametrize("stop", ["train", "sample"])
def test_a_killed_run_continues_to_the_same_weights_and_molecules(tmp_path, monkeypatch, stop):
    monkeypatch.setattr("pyg_energyloss.training.generate_sampling.CHUNK", 2)
    run = spec()
    whole = train_and_sample(run.to_dict(), str(tmp_path / "whole"), report=silent)
    cut_short(run, tmp_path / "cut", stop)
    folder = result_path(tmp_path / "cut", run).parent
    left = {p.name for p in folder.rglob("*")}
    assert "result.json" not in left
    assert not [name for name in left if name.endswith(".tmp")]
    assert ("last.ckpt" in left) == (stop == "train")
    assert ("0000.npz" in left) == (stop == "sample")
    resumed = train_and_sample(run.to_dict(), str(tmp_path / "cut"), report=silent)
    undisturbed = result_path(tmp_path / "whole", run).parent
    assert same(weights(folder), weights(undisturbed))
    for name in ("averaged.extxyz", "last.extxyz", "averaged.sdf"):
        assert (folder / name).read_bytes() == (undisturbed / name).read_bytes()
    assert resumed["metrics"] == whole["metrics"]


def test_judging_otherwise_needs_no_training(tmp_path):
    train_and_sample(spec().to_dict(), str(tmp_path), report=silent)
    more = spec(evaluators=("stability", "distributions"))
    assert more.key == spec().key
    assert load_result(tmp_path, more) is None
    told = []
    train_and_sample(more.to_dict(), str(tmp_path), report=lambda *event: told.append(event))
    assert {total for _, total, _ in told} == {4}  # samples only, no step
    assert load_result(tmp_path, more) is not None


def test_more_molecules_from_a_trained_run(tmp_path):
    run = spec()
    train_and_sample(run.to_dict(), str(tmp_path), report=silent)
    folder = result_path(tmp_path, run).parent
    xyz, sdf = sample_again(folder, tmp_path / "more", count=5)
    assert sdf.read_text().count("$$$$") == 5
    assert xyz.read_text() != (folder / "averaged.extxyz").read_text()
    with pytest.raises(FileNotFoundError, match=r"holds no generator\.json"):
        load_generator(tmp_path)
    with pytest.raises(ValueError, match="`weights` must be one of averaged, last"):
        load_generator(folder, weights="best")


@pytest.mark.parametrize(
    ("option", "value"), [("schedule", "linear"), ("prediction", "x0"), ("sampler", "euler")]
)
def test_unknown_parts_are_errors(option, value):
    with pytest.raises(ValueError, match=f"`{option}` must be one of"):
        make_diffusion(spec(**{option: value}), [1, 6])


def test_a_fraction_is_the_first_part():
    train = registry.create("dataset", "qm9_small")["train"]
    assert len(part_of(train, 0.25)) == round(0.25 * len(train))
    for fraction in (0.0, 1.5):
        with pytest.raises(ValueError, match="`fraction` must be in"):
            part_of(train, fraction)


def test_half_precision_trains(tmp_path):
    result = train_and_sample(spec(precision="bf16-mixed").to_dict(), str(tmp_path), report=silent)
    assert np.isfinite(result["history"][-1]["positions"])


DISTRIBUTED = """
import json, sys, torch
import lightning.pytorch as pl
from pyg_energyloss import registry
from pyg_energyloss.training.generate_module import GenerateModule
from pyg_energyloss.training.generate_spec import GenerateSpec
from pyg_energyloss.training.generator import make_diffusion

if __name__ == "__main__":
    run = GenerateSpec.from_dict(json.loads(sys.argv[1]))
    torch.set_num_threads(1)
    pl.seed_everything(0, verbose=False)
    module = GenerateModule(
        make_diffusion(run, [1, 6, 7, 8, 9]),
        registry.create("loss", run.loss),
        train=registry.create("dataset", run.dataset)["train"],
        batch_size=run.batch_size, steps=run.steps, learning_rate=run.learning_rate,
        position_weight=1.0, ema=0.9, augment=True, seed=0,
    )
    trainer = pl.Trainer(
        max_steps=run.steps, accelerator="cpu", devices=2,
        strategy="ddp_find_unused_parameters_true",
        logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module)
    total = sum(p.double().sum() for p in module.diffusion.parameters()).item()
    drawn = module.generator(0).initial_seed()
    with open(f"{sys.argv[2]}/rank{module.global_rank}.json", "w") as file:
        json.dump([total, drawn], file)
"""


def test_two_processes_train_one_network_on_different_molecules(tmp_path):
    script = tmp_path / "distributed.py"
    script.write_text(DISTRIBUTED)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [sys.executable, str(script), json.dumps(spec(steps=3).to_dict()), str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    told = [json.loads((tmp_path / f"rank{rank}.json").read_text()) for rank in (0, 1)]
    assert told[0][0] == told[1][0]  # the same weights in both processes
    assert told[0][1] != told[1][1]  # from different random numbers


def test_the_key_tells_specs_apart():
    assert spec().key != spec(seed=1).key
    assert spec().key != spec(loss_options={"crossover": 1.0}).key
    assert GenerateSpec.from_dict(spec().to_dict()) == spec()
    assert spec(fraction=0.5, augment=False, schedule="flow").label == (
        "gdm + energy_gated, 50 % of the data, not turned, flow matching"
    )
