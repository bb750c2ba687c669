"""A study: what is missing is made, what is there is kept, everything is summed up."""

import json
import shutil
from warnings import catch_warnings

import pytest

pytest.importorskip("lightning", reason="training needs Lightning")
pytest.importorskip("pymatching", reason="exact ground states need PyMatching")
from pyg_energyloss import registry
from pyg_energyloss.experiments.executors import FolderInUseError, folder_lock
from pyg_energyloss.experiments.study import checked, run_study
from pyg_energyloss.registry import UnknownNameError
from pyg_energyloss.report.document import Document

from .specs import SPECS, generator, spins, structure


@pytest.fixture(scope="module")
def studied(runs_here, tmp_path_factory):
    out = tmp_path_factory.mktemp("study")
    specs = [
        spins(seed=seed, loss=loss) for seed in (0, 1) for loss in ("local_field", "target_bond")
    ]
    return out, specs, run_study("spins", specs, out, workers=1, command="energyloss spins")


@pytest.fixture
def copied(studied, tmp_path):
    """The same, to be spoilt."""
    out, specs, document = studied
    return shutil.copytree(out, tmp_path / "study"), specs, document


def test_results_json_is_the_whole_document(studied):
    out, specs, document = studied
    stored = json.loads((out / "results.json").read_text())
    assert stored == json.loads(json.dumps(document))
    assert set(stored) == Document.__required_keys__
    assert [run["spec"] for run in stored["runs"]] == [spec.to_dict() for spec in specs]
    assert [row["labels"]["loss"] for row in stored["rows"]] == ["local_field", "target_bond"]
    assert all(row["values"]["excess_energy"]["n"] == 2 for row in stored["rows"])
    assert stored["settings"]["size"] == 3
    assert "seed" not in stored["settings"]
    assert not stored["failed"]
    assert stored["summary"].startswith("Best excess energy: ")
    assert all(run["environment"]["python"] for run in stored["runs"])


def test_every_section_has_the_data_of_its_kind(studied):
    _, _, document = studied
    dots, curves, lattices, table = document["sections"]
    assert [s["kind"] for s in (dots, curves, lattices, table)] == [
        "dots",
        "curves",
        "lattices",
        "table",
    ]
    (panel,) = dots["data"]["panels"]
    assert [len(series["points"]) for series in panel["series"]] == [2, 2]
    assert len(panel["lines"]) == 3
    (panel,) = curves["data"]["panels"]
    assert [len(values) for values in panel["series"][0]["values"]] == [2] * 11
    system = lattices["data"]["systems"][0]
    assert {len(p["spins"]) for p in system["pictures"]} == {9}
    assert all(p["energy"] >= system["energy"] - 1e-5 for p in system["pictures"])
    assert table["data"]["columns"][-3:] == ["peak learning rate", "parameters", "options"]


def test_the_same_study_again_runs_nothing(copied):
    out, specs, _ = copied
    before = {path: path.stat().st_mtime_ns for path in out.rglob("result.json")}
    run_study("spins", specs, out, workers=1)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("result.json")} == before


def test_a_result_that_is_torn_is_set_aside_and_made_again(copied):
    out, specs, document = copied
    path = out / "runs" / specs[0].key / "result.json"
    path.write_text(path.read_text()[:100])
    with pytest.warns(RuntimeWarning, match="result.json is not whole"):
        again = run_study("spins", specs, out, workers=1)
    assert path.with_name("result.json.corrupt").exists()
    assert (
        again["rows"][0]["values"]["excess_energy"]
        == (document["rows"][0]["values"]["excess_energy"])
    )


@pytest.mark.parametrize("name", ["predictions.npz", "weights.npz", "trained.json"])
def test_whatever_file_is_torn_the_study_ends_with_the_same_figures(copied, name):
    out, specs, document = copied
    folder = out / "runs" / specs[0].key
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    if name != "predictions.npz":  # the others are looked at when the run is made again
        (folder / "result.json").unlink()
    with catch_warnings(action="ignore"):
        again = run_study("spins", specs, out, workers=1)
    assert not again["failed"]
    assert (folder / f"{name}.corrupt").exists()
    assert (
        again["rows"][0]["values"]["excess_energy"]
        == (document["rows"][0]["values"]["excess_energy"])
    )


def test_a_second_study_in_the_same_folder_is_refused(studied):
    out, specs, _ = studied
    with folder_lock(out), pytest.raises(FolderInUseError, match="is in use by"):
        run_study("spins", specs, out, workers=1)


@pytest.mark.parametrize(
    ("name", "spec", "message"),
    [
        ("compare", structure(model="gdm"), "the model 'gdm' .* is not for compare; choose from"),
        ("generate", generator(model="gnn"), "the model 'gnn' .* is not for generate"),
        ("spins", spins(loss="mse"), "the loss 'mse' .* is not for spins"),
        ("compare", structure(evaluators={"stability": {}}), "the evaluator 'stability' .* is not"),
        ("generate", generator(evaluators=("rmsd",)), "the evaluator 'rmsd' .* is not"),
        ("compare", structure(loss_options={"nope": 1}), "the loss 'energy' cannot be made with"),
        ("compare", structure(dataset_options={"nope": 1}), "'qm9_small' cannot be made with"),
        ("generate", generator(model_options={"layers": "x"}), "the model 'gdm' cannot be made"),
    ],
)
def test_impossible_combinations_end_before_anything_runs(name, spec, message):
    with pytest.raises(ValueError, match=message):
        checked(name, [spec])


def test_misspelt_names_are_told():
    with pytest.raises(UnknownNameError, match="local_field"):
        checked("spins", [spins(loss="local_feld+flip")])


def test_a_study_needs_distinct_runs():
    with pytest.raises(ValueError, match="at least one run"):
        checked("spins", [])
    with pytest.raises(ValueError, match="two of them are made alike"):
        checked("spins", [spins(), spins(sweeps=7)])


@pytest.mark.parametrize("name", SPECS)
def test_columns_are_told_apart_and_fit_a_terminal(name):
    columns = registry.create("experiment", name).columns
    assert len({column["key"] for column in columns}) == len(columns)
    assert 1 <= sum(column["terminal"] for column in columns) <= 3
    assert all(column["help"] for column in columns)


def test_what_an_extra_left_out_is_judged_again_when_it_is_there():
    experiment = registry.create("experiment", "generate")
    skipped = {"measurements": [{"labels": {}, "values": {"skipped": 1.0}}]}
    assert not experiment.is_whole(skipped)
    assert experiment.is_whole({"measurements": [{"labels": {}, "values": {"valid": 0.5}}]})
