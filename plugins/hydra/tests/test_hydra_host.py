"""A Hydra program whose source nobody touched, trained before and after one override."""

import contextlib
import io
import json
import runpy
import sys
from pathlib import Path

import pytest
import torch

from pyg_energyloss.hosts import MissingContextError, set_context

pytest.importorskip("hydra", reason="needs hydra-core")
pytest.importorskip("lightning", reason="needs lightning")
pytest.importorskip("pyg_energyloss_lightning", reason="the callback is in the Lightning plugin")

HOSTS = Path(__file__).parent / "hosts"
FLAT = "+energyloss/flat@model.loss=pair_energy"
CALLBACK = "+energyloss/callback@callbacks.energyloss=lightning"


@pytest.fixture
def run_host(monkeypatch, tmp_path):
    """Run the host as ``python hydra_host.py OVERRIDES`` would; give its last JSON line."""
    from hydra.core.global_hydra import GlobalHydra

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYG_ENERGYLOSS_SWAP", raising=False)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")  # raise, where a program would print and exit

    def run(*overrides):
        text = io.StringIO()
        argv = ["hydra_host.py", f"hydra.run.dir={tmp_path}", *overrides]
        with (
            monkeypatch.context() as patch,
            contextlib.redirect_stdout(text),
            torch.random.fork_rng(),
        ):
            patch.setattr(sys, "argv", argv)
            GlobalHydra.instance().clear()
            runpy.run_path(str(HOSTS / "hydra_host.py"), run_name="__main__")
        lines = [x for x in text.getvalue().splitlines() if x.startswith("{")]
        return json.loads(lines[-1])

    yield run
    set_context(None)


def test_without_an_override_the_program_is_as_it_was(run_host):
    found = run_host()
    assert found["distance_error"] > 0.3
    assert found["loss"] == "MSELoss()"


@pytest.mark.parametrize(
    "overrides",
    [
        ["+energyloss/loss@model.loss=pair_energy", "model.with_batch=true"],
        [FLAT, CALLBACK],
        [FLAT, CALLBACK, "model.loss.loss=pair_energy", "+model.loss.options.stiffness=inverse"],
        [CALLBACK, "+callbacks.energyloss.swap.loss=pair_energy"],
        [
            "+energyloss/loss@model.loss=pair_energy",
            "+energyloss/stiffness@model.loss.stiffness=inverse",
            "+energyloss/sampler@model.loss.edges=complete",
            "model.with_batch=true",
        ],
    ],
)
def test_one_override_trains_with_the_energy(run_host, overrides):
    assert run_host(*overrides)["distance_error"] < 0.02


def test_the_environment_variable_works_in_hydra_programs_too(run_host, monkeypatch):
    monkeypatch.setenv("PYG_ENERGYLOSS_SWAP", "loss=pair_energy")
    assert run_host()["distance_error"] < 0.02


def test_a_flat_loss_without_the_callback_raises(run_host):
    with pytest.raises(MissingContextError, match="outside of a batch context"):
        run_host(FLAT)
