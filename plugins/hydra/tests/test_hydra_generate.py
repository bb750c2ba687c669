import json
import runpy
import sys
from dataclasses import fields
from pathlib import Path

import pytest

pytest.importorskip("hydra")
pytest.importorskip("lightning")

import pyg_energyloss_hydra
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from pyg_energyloss import registry

PROGRAM = "pyg_energyloss_hydra.generate"
CONF = Path(pyg_energyloss_hydra.__file__).parent / "conf"
SMALL = {
    "generate": [
        *("loss=mse,energy_gated", "steps=3", "batch_size=8", "samples=2", "sample_steps=2"),
        *("+model_options.channels=8", "+model_options.layers=1"),
    ],
    "compare": [
        *("loss=mse,energy", "steps=3", "batch_size=8", "eval_graphs=4"),
        *("+model_options.channels=8", "+model_options.layers=1"),
    ],
    "spins": [
        *("loss=local_field,true_energy", "steps=3", "batch_size=8"),
        *("size=3", "train=20", "test=6", "model_options.width=4"),
    ],
}


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run the program as ``python -m`` would, in this process, which has imported everything."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")  # raise, where a program would print and exit

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", [PROGRAM, *arguments])
        GlobalHydra.instance().clear()
        runpy.run_module(PROGRAM, run_name="__main__", alter_sys=True)

    return run


@pytest.mark.parametrize("name", SMALL)
def test_a_sweep_makes_each_run_once(name, run, tmp_path):
    if name == "spins":
        pytest.importorskip("pymatching", reason="exact ground states need PyMatching")
    run("--config-name", name, "-m", "learning_rate=1e-3", *SMALL[name], f"out={tmp_path}")
    results = [json.loads(path.read_text()) for path in tmp_path.glob("runs/*/result.json")]
    assert len(results) == 2
    wanted = SMALL[name][0].removeprefix("loss=").split(",")
    assert {r["spec"]["loss"] for r in results} == set(wanted)
    assert {r["spec"]["learning_rate"] for r in results} == {1e-3}


@pytest.mark.parametrize("name", SMALL)
def test_every_field_of_a_run_has_a_default(name):
    given = set(OmegaConf.load(CONF / f"{name}.yaml")) - {"out", "defaults", "experiment"}
    spec = registry.create("experiment", name).spec_type
    left = {"constant_rate", "type_scale", "keep_structures", "keep_systems"}
    left |= {"dataset", "dataset_options"} if name == "spins" else set()
    known = {field.name for field in fields(spec)}
    assert given <= known
    assert known - given <= left
