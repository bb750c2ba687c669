"""What `energyloss paper NAME --measure` does, on a budget of seconds."""

import json

import pytest
import torch

from pyg_energyloss.cli import main
from pyg_energyloss.files import write_json
from pyg_energyloss.paper import build
from pyg_energyloss.paper import sources as source_module
from pyg_energyloss.paper.exhibits import figure3, figure5, table11


def test_table11_times_every_loss_and_leaves_the_threads_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(table11, "SIZES", (8, 30))
    monkeypatch.setattr(table11, "MOST", 3)
    threads = torch.get_num_threads()
    document = json.loads(table11.measure(tmp_path, seed=3).read_text())
    assert torch.get_num_threads() == threads
    assert document["seed"] == 3
    assert document["environment"]["versions"]
    assert set(document["ms"]) == set(table11.LOSSES)
    for times in document["ms"].values():
        assert set(times) == {"8", "30"}
        assert all(value > 0 for value in times.values())


def test_table11_scores_prediction_and_target_that_differ():
    data, pred = table11._structure(30, 0)
    assert (pred - data.pos).norm(dim=1).min() > 0


def test_figure3_trains_each_loss_at_each_turn_and_seed(tmp_path, monkeypatch):
    monkeypatch.setattr(figure3, "TURNS", (0.0, 1.0))
    document = json.loads(figure3.measure(tmp_path, seeds=(4, 5), steps=2).read_text())
    assert document["seeds"] == [4, 5]
    assert document["steps"] == 2
    assert set(document["quality"]) == {"mse", "kabsch", "energy"}
    for turns in document["quality"].values():
        assert set(turns) == {"0.0", "1.0"}
        assert all(len(values) == 2 for values in turns.values())
        assert turns["0.0"][0] != turns["0.0"][1]
    again = json.loads(figure3.measure(tmp_path, seeds=(4, 5), steps=2).read_text())
    assert again["quality"] == document["quality"]


def test_figure5_counts_what_theory_says(tmp_path, monkeypatch):
    monkeypatch.setattr(figure5, "SIZES", (10, 16))
    document = json.loads(figure5.measure(tmp_path, graphs=4).read_text())
    assert document["graphs_per_point"] == 4
    rows = {(row["dim"], row["k"], row["n"]): row for row in document["rows"]}
    # Fewer edges than d n - d (d + 1) / 2 are never rigid.
    for key in ((2, 3, 10), (2, 3, 16), (3, 4, 16), (3, 5, 16)):
        assert rows[key]["rigid"] == rows[key]["globally_rigid"] == 0
    # Random graphs of degree 2 d and more almost always are (Jackson, Servatius, Servatius 2007).
    assert rows[2, 6, 16]["globally_rigid"] == 1
    assert rows[3, 8, 16]["globally_rigid"] == 1
    assert all(row["globally_rigid"] <= row["rigid"] for row in document["rows"])


def _small_figure3(monkeypatch, _):
    monkeypatch.setattr(figure3, "TURNS", (0.0, 1.0))
    monkeypatch.setattr(figure3.measure, "__kwdefaults__", {"seeds": (0,), "steps": 2})


def _small_figure5(monkeypatch, _):
    monkeypatch.setattr(figure5, "SIZES", (10, 20, 50))
    monkeypatch.setattr(figure5.measure, "__kwdefaults__", {"graphs": 1, "seed": 0})


def _small_table11(monkeypatch, folder):
    # Proportional to the number of atoms, at the sizes of the table, without their atoms.
    monkeypatch.setattr(table11, "_structure", lambda size, _seed: (None, size))
    monkeypatch.setattr(table11, "_best_ms", lambda _loss, size, _data: 0.01 * size)
    sizes = {str(size): 0.02 * size for size in table11.SIZES}
    write_json(folder / "pair_energy.json", {"scaling": {"complete": sizes, "sparse": sizes}})


@pytest.mark.parametrize(
    ("name", "budget", "verdict"),
    [
        ("figure3", _small_figure3, "one seed"),
        ("figure5", _small_figure5, "undecided"),
        ("table11", _small_table11, "partly"),
    ],
)
def test_what_was_measured_is_what_is_shown(name, budget, verdict, tmp_path, monkeypatch):
    budget(monkeypatch, tmp_path)
    monkeypatch.setattr(source_module, "FOLDERS", (tmp_path,))
    assert build(name).measured_setting is None
    assert main(["paper", name, "--measure", "--out", str(tmp_path)]) == 0
    exhibit = build(name)
    assert exhibit.measured_setting is not None
    assert exhibit.verdict == verdict
