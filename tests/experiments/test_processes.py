"""A run on several processes of its own."""

import pytest

pytest.importorskip("lightning", reason="training needs Lightning")
pytest.importorskip("pymatching", reason="exact ground states need PyMatching")
from pyg_energyloss.experiments.study import run_study

from .specs import spins


def test_a_run_on_two_processes_has_one_result(runs_here, tmp_path):
    hardware = {"devices": 2, "strategy": "ddp_find_unused_parameters_true"}
    study = run_study("spins", [spins(steps=3)], tmp_path, workers=1, hardware=hardware)
    assert not study["failed"]
    (run,) = study["runs"]
    assert run["history"][-1]["step"] == 3
    # Both processes drew the same weights, and each half of the gradient.
    one = run_study("spins", [spins(steps=3)], tmp_path / "one", workers=1)
    start = [found["history"][0]["excess"] for found in (run, one["runs"][0])]
    assert start[0] == start[1]
