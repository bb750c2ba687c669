"""What a trained run is judged on."""

import pytest

from pyg_energyloss.experiments.study import run_one
from pyg_energyloss.files import read_npz
from tests.experiments.specs import structure

pytest.importorskip("lightning", reason="training needs Lightning")


def test_a_run_is_judged_on_other_structures_and_not_trained_again(tmp_path):
    plain = structure(steps=1)
    other = structure(steps=1, eval_dataset_options={"hydrogens": False})
    assert other.key == plain.key
    kept = tmp_path / "runs" / plain.key / "structures.npz"
    first = run_one("compare", plain, tmp_path)
    assert 1 in read_npz(kept)["z"]
    second = run_one("compare", other, tmp_path)
    assert 1 not in read_npz(kept)["z"]
    assert second["train_seconds"] == first["train_seconds"]
