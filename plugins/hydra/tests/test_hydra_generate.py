import json
import subprocess
import sys

import pytest

pytest.importorskip("hydra")
pytest.importorskip("lightning")

SMALL = (
    "steps=3",
    "batch_size=8",
    "samples=2",
    "sample_steps=2",
    "+model_options.channels=8",
    "+model_options.layers=1",
)


def test_a_sweep_trains_each_combination_once(tmp_path):
    command = [sys.executable, "-m", "pyg_energyloss_hydra.generate", "-m"]
    values = ["loss=mse,energy_gated", "learning_rate=1e-3", *SMALL, f"out={tmp_path}"]
    done = subprocess.run([*command, *values], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    results = [json.loads(path.read_text()) for path in tmp_path.glob("runs/*/result.json")]
    assert {r["spec"]["loss"] for r in results} == {"mse", "energy_gated"}
    assert {r["spec"]["learning_rate"] for r in results} == {1e-3}


def test_every_field_of_the_spec_has_a_default():
    from dataclasses import fields
    from pathlib import Path

    import pyg_energyloss_hydra
    from omegaconf import OmegaConf

    from pyg_energyloss.training.generate_spec import GenerateSpec

    path = Path(pyg_energyloss_hydra.__file__).parent / "conf" / "generate.yaml"
    given = set(OmegaConf.load(path)) - {"out", "hydra"}
    assert given == {field.name for field in fields(GenerateSpec)} - {"constant_rate", "type_scale"}
