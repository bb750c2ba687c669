"""Studies of crystals on the engine: runs, baselines, what is refused."""

import argparse
import json

import pytest
import torch

pytest.importorskip("lightning", reason="training needs Lightning")
from pyg_energyloss import registry
from pyg_energyloss.cli import main
from pyg_energyloss.cli.crystals import COMMAND
from pyg_energyloss.data.loader import assemble
from pyg_energyloss.experiments.crystals.evaluation import start_of
from pyg_energyloss.experiments.crystals.experiment import takes_lattice
from pyg_energyloss.experiments.crystals.spec import LATTICE_LOSSES, LOSSES, CrystalSpec
from pyg_energyloss.experiments.crystals.tasks import Composition, Denoise
from pyg_energyloss.experiments.study import run_one
from pyg_energyloss.metrics.crystals import distance_errors, lattice_errors


def spec(**changes):
    values = {
        "seed": 0,
        "steps": 4,
        "batch_size": 4,
        "learning_rate": 1e-2,
        "dataset": "perov_5_small",
        "model": "crystal_egnn",
        "loss": "energy",
        "levels": (0.3,),
        "eval_graphs": 4,
        "match_graphs": 2,
        "model_options": {"channels": 8, "layers": 1},
    }
    return CrystalSpec(**{**values, **changes})


def batch():
    return assemble(registry.create("dataset", "carbon_24_small")["train"], torch.arange(6))


def test_a_run_predicts_positions_and_lattices_and_judges_them(tmp_path):
    pytest.importorskip("pymatgen", reason="matching crystals needs pymatgen")
    (found,) = run_one("crystals", spec(lattice="predicted"), tmp_path)["measurements"]
    assert found["labels"] == {"noise": "0.3 Å"}
    names = {"distance_mae", "match", "metre", "crmse", "length_mae", "angle_mae", "volume_error"}
    assert names <= set(found["values"])
    assert 0 <= found["values"]["match"] <= 1


def test_the_study_prints_its_table_with_the_input_below(runs_here, tmp_path, capsys):
    command = ["crystals", "--quick", "--steps", "3", "--models", "crystal_gnn", "--losses"]
    command += ["energy", "--task", "composition", "--out", str(tmp_path)]
    command += ["--eval-graphs", "3", "--match-graphs", "2"]
    command += ["--model-arg", "crystal_gnn.channels=8", "--model-arg", "crystal_gnn.layers=1"]
    assert main(command) == 0
    results = json.loads((tmp_path / "results.json").read_text())
    assert [row["labels"]["loss"] for row in results["baselines"]] == ["the input as it is"]
    assert results["rows"][0]["values"]["distance_mae"]["mean"] > 0
    assert results["text"].startswith("composition, lattice given, on perov_5_small")
    assert "the input as it is" in capsys.readouterr().out
    assert '"box":[[[' in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("lattice", "more"), [("given", set()), ("predicted", {LATTICE_LOSSES[-1]})]
)
def test_a_loss_for_the_lattice_joins_the_others_where_there_is_one_to_predict(lattice, more):
    parser = argparse.ArgumentParser()
    COMMAND.configure(parser)
    specs = COMMAND.specs_of(parser.parse_args(["--quick", "--lattice", lattice]))
    assert {spec.loss for spec in specs} == {*LOSSES, *more}


def test_what_cannot_be_trained_is_refused_before_it_is():
    with pytest.raises(ValueError, match="`levels` are for the task denoise"):
        spec(task="composition")
    with pytest.raises(ValueError, match="`lattice` must be one of given, predicted"):
        spec(lattice="known")
    with pytest.raises(ValueError, match="`match_graphs` must be at least 1"):
        spec(match_graphs=0)


def test_a_loss_without_a_lattice_is_refused_where_one_is_predicted(tmp_path):
    with pytest.raises(ValueError, match="'mse' takes no predicted lattice"):
        run_one("crystals", spec(loss="mse", lattice="predicted"), tmp_path)
    half = registry.create("loss", "energy") + registry.create("loss", "mse")
    assert not takes_lattice(half)
    assert takes_lattice(registry.create("loss", "energy") + registry.create("loss", "crystal_mse"))
    with pytest.raises(ValueError, match="'qm9_small' holds no crystals"):
        run_one("crystals", spec(dataset="qm9_small"), tmp_path)
    with pytest.raises(ValueError, match="is not for crystals; choose from"):
        run_one("crystals", spec(model="gnn"), tmp_path)


def test_crystals_are_refused_by_the_study_of_molecules(capsys, tmp_path):
    command = ["compare", "--quick", "--dataset", "perov_5_small", "--out", str(tmp_path)]
    assert main([*command, "--models", "gnn", "--losses", "energy"]) == 1
    assert "is not for compare" in capsys.readouterr().err


def test_a_noised_copy_is_in_its_cell_and_off_by_the_noise():
    data = batch()
    task = Denoise((0.1,), lattice_given=True)
    made = task.prepare(data, torch.Generator().manual_seed(0), level=0.1)
    fraction = torch.einsum("na,nab->nb", made.input_pos, made.cell.inverse()[made.batch])
    assert ((fraction > -1e-5) & (fraction < 1 + 1e-5)).all()
    away = distance_errors(*start_of(made)[:1], made)
    # A distance between two atoms moved by 0.1 Å is off by 0.1 √2 √(2/π) Å in the mean.
    assert away.mean().item() == pytest.approx(0.113, rel=0.15)
    assert start_of(made)[1] is None


def test_a_strained_copy_keeps_its_fractions():
    data = batch()
    task = Denoise((1e-6,), lattice_given=False)
    made = task.prepare(data, torch.Generator().manual_seed(0), level=0.5)
    errors = lattice_errors(made.input_cell, made.cell)
    assert errors["volume_error"].mean() > 0.01
    again = Denoise((0.5,), lattice_given=False)
    same = again.prepare(batch(), torch.Generator().manual_seed(0), level=0.5)
    assert torch.equal(same.input_cell, made.input_cell)


def test_a_composition_starts_anywhere_in_the_cell():
    made = Composition().prepare(batch(), torch.Generator().manual_seed(0))
    assert torch.equal(made.input_cell, made.cell)
    cube = Composition(lattice_given=False, volume=8.0)
    made = cube.prepare(batch(), torch.Generator().manual_seed(0))
    volume = made.input_cell.det() / made.ptr.diff()
    torch.testing.assert_close(volume, torch.full_like(volume, 8.0))
    assert not made.cell_known
    with pytest.raises(ValueError, match="has no noise level"):
        cube.prepare(batch(), torch.Generator(), level=0.1)
