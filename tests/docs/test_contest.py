"""The page of the contest is what its rows give, and its rules are what the page says."""

import importlib
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("lightning", reason="training needs Lightning")

ROOT = Path(__file__).parents[2]
NAMES = (
    "protocol",
    "rows",
    "tuning",
    "speed",
    "stages",
    "duels",
    "front",
    "judges",
    "summary",
    "table_lines",
    "verdicts",
    "page",
)


@pytest.fixture
def contest(monkeypatch):
    """The modules of benchmarks/contest by name, for one test."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks" / "contest")
    for name in NAMES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield {name: importlib.import_module(name) for name in NAMES}
    for name in NAMES:
        sys.modules.pop(name, None)


def test_the_page_is_what_the_results_give(contest, tmp_path, monkeypatch):
    page = contest["page"]
    originals = {"PAGE": page.PAGE, "README": page.README}
    for name, original in originals.items():
        copy = tmp_path / original.name
        copy.write_text(original.read_text())
        monkeypatch.setattr(page, name, copy)
    page.write_page()
    for name, original in originals.items():
        assert getattr(page, name).read_text() == original.read_text()


def test_the_results_are_what_the_rows_give(contest, tmp_path, monkeypatch):
    summary = contest["summary"]
    committed = json.loads(summary.RESULT.read_text())
    monkeypatch.setattr(summary, "RESULT", tmp_path / "contest.json")
    summary.summarise()
    again = json.loads(summary.RESULT.read_text())
    for part in ("protocol", "tuning", "trials", "tables", "choice", "networks", "map", "stages"):
        assert again[part] == committed[part]


def test_the_page_says_of_4000_steps_what_the_duels_say(contest):
    committed = json.loads(contest["summary"].RESULT.read_text())
    (table,) = (t for t in committed["tables"] if (t["track"], t["steps"]) == ("gnn", 4000))
    found = {d["rival"]: d for d in table["duels"] if d["challenger"] == "multiscale"}
    assert {"distance_l1", "lddt_kabsch", "energy", "kabsch", "kabsch_mirror"} <= set(found)
    mirrored = ("lddt_kabsch_mirror", "distance_l1_kabsch_mirror")
    for rival, duel in found.items():
        assert duel["bond_mae"][2] < 0, rival
        assert duel["distance_mae"][1] < 0, rival
        if rival in mirrored:
            assert round(duel["rmsd"][0]) == -4, rival
            assert duel["rmsd"][2] > 0, rival
        else:
            assert duel["rmsd"][2] < 0, rival
    assert found["distance_l1"]["distance_mae"][2] > 0
    values = {row["entry"]: row["values"] for row in table["rows"]}
    bonds = {name: of["bond_mae"]["mean"] for name, of in values.items()}
    readme = (ROOT / "README.md").read_text()
    shares = (bonds["multiscale"] / bonds[r] for r in ("distance_l1", "lddt_kabsch", "kabsch"))
    said = "{:.2f} of distance L1's, {:.2f} of that of AlphaFold 3's recipe, {:.2f} of aligned"
    assert said.format(*shares) in readme
    acceptable = {name: of["acceptable"]["mean"] for name, of in values.items()}
    assert acceptable["multiscale"] > 9
    assert max(acceptable[rival] for rival in found) < 2.5


def test_the_page_says_of_other_judges_what_they_found(contest):
    tables = json.loads(contest["summary"].RESULT.read_text())["tables"]
    text = " ".join((ROOT / "docs" / "contest.md").read_text().split())

    def means(track, key):
        (table,) = (t for t in tables if (t["track"], t["steps"]) == (track, 4000))
        return {
            row["entry"]: format(row["judged"]["values"][key]["mean"], ".0f")
            for row in table["rows"]
            if row["judged"]
        }

    energy, passed, back = (means("gnn", key) for key in ("energy", "pb_valid", "back"))
    shown = ("multiscale", "distance_l1", "energy", "lddt_kabsch", "kabsch")
    assert (
        "lies {} kcal/mol (GFN2-xTB), distance L1's {}, the paper's energy's {}, AlphaFold 3's "
        "recipe's {}, aligned MSE's {}; PoseBusters passes {} %, {} %, {} %, {} % and {} % of them"
    ).format(*(of[name] for of in (energy, passed) for name in shown)) in text
    level = (of["energy_absolute_kabsch"] for of in (energy, passed))
    assert "is level with it ({}, {} %)".format(*level) in text
    assert f"({back['multiscale']} % and {back['distance_l1']} % of 20 molecules)" in text
    energy, passed = (means("egnn", key) for key in ("energy", "pb_valid"))
    assert f"lies {energy['multiscale']} kcal/mol above the true one" in text
    assert (
        f"distance L1's {energy['distance_l1']}; the paper's energy has {energy['energy']}" in text
    )
    assert passed["energy"] == passed["multiscale"]


def test_a_rate_is_tried_beyond_an_end_as_long_as_the_best_is_there(contest):
    beyond = contest["tuning"].beyond
    assert beyond({3e-3: 0.5, 1e-2: 0.4}) == [3e-2]
    assert beyond({3e-3: 0.4, 1e-2: 0.5}) == [1e-3]
    assert beyond({3e-3: 0.5, 1e-2: 0.4, 3e-2: 0.3}) == [1e-1]
    assert beyond({3e-3: 0.5, 1e-2: 0.4, 3e-2: 0.45}) == []
    assert beyond({1e-2: 0.5, 3e-2: 0.4, 1e-1: 0.3}) == [3e-1]
    assert beyond({1e-2: 0.5, 3e-2: 0.4, 1e-1: 0.3, 3e-1: 0.2}) == []


def test_the_merit_is_a_geometric_mean(contest):
    merit = contest["rows"].merit
    assert merit({"bond_mae": 0.1, "distance_mae": 0.2, "rmsd": 0.4}) == pytest.approx(0.2)
    assert merit({"bond_mae": 0.1, "distance_mae": 0.2, "rmsd": float("inf")}) == float("inf")
    assert merit({"bond_mae": 0.1, "distance_mae": None, "rmsd": 0.4}) == float("inf")


def runs_of(errors):
    return [
        {"spec": {"seed": seed}, "molecules": {"bond_mae": list(of_seed)}}
        for seed, of_seed in enumerate(errors)
    ]


def test_the_best_needs_three_seeds_and_to_be_ahead_of_every_other(contest):
    is_best = contest["summary"].is_best
    errors = np.random.default_rng(0).gamma(2.0, 0.1, (3, 100))
    runs = {"a": runs_of(errors), "b": runs_of(errors + 0.02), "c": runs_of(errors + 0.03)}
    assert [is_best(name, "bond_mae", runs) for name in runs] == [True, False, False]
    assert not is_best("a", "bond_mae", {**runs, "d": runs_of(errors)})
    assert not is_best("a", "bond_mae", {**runs, "b": runs["b"][:2]})
    assert not is_best("a", "bond_mae", {name: of[:2] for name, of in runs.items()})
    assert not is_best("a", "bond_mae", {"a": runs["a"]})


def test_a_run_that_diverged_comes_back_from_json_as_infinite(contest, tmp_path, monkeypatch):
    monkeypatch.setattr(contest["rows"], "ROWS", tmp_path)
    (tmp_path / "tuning").mkdir()
    (tmp_path / "tuning" / "a.json").write_text('{"merit": null, "track": "gnn"}')
    assert contest["rows"].rows("tuning") == [{"merit": float("inf"), "track": "gnn"}]


def strained(**other):
    """A row of the stage `strain`: five molecules, three of them relaxed."""
    molecules = {
        "energy_above_reference": [0.1, None, 0.2, 0.3, 0.4],
        "failed": [0, 1, 0, 0, 0],
        "relaxed_above_reference": [0.0, None, 0.5, None, None],
        "relaxed": [1, 0, 1, None, None],
        "steps": [10, 100, 40, None, None],
        "relaxation_failed": [0, 1, 0, None, None],
    }
    return {"spec": {"seed": 0}, "molecules": {**molecules, **other}}


def test_a_calculation_that_fails_is_an_energy_above_all_others(contest):
    judges = contest["judges"]
    found = judges.judged_of([strained()], [])
    assert found["values"]["energy"]["mean"] == pytest.approx(0.3 * judges.KCAL)
    assert found["values"]["steps"]["mean"] == 50
    assert found["values"]["back"]["mean"] == pytest.approx(100 / 3)
    assert found["values"]["unrelaxed"]["mean"] == pytest.approx(100 / 3)
    assert (found["failed"], found["calculated"]) == (2, 8)
    assert judges.judged_of([], []) is None


def test_a_median_that_is_infinite_is_not_left_out_of_the_mean(contest):
    broken = strained(energy_above_reference=[None, None, None, 0.3, 0.4], failed=[1, 1, 1, 0, 0])
    assert contest["judges"].judged_of([strained(), broken], [])["values"]["energy"] is None


def three_errors(bonds, distances, shape):
    """Three runs whose errors are those of one set of molecules, shifted."""
    errors = np.random.default_rng(0).gamma(2.0, 0.1, (3, 60))
    shifts = {"bond_mae": bonds, "distance_mae": distances, "rmsd": shape}
    return [
        {
            "spec": {"seed": seed},
            "molecules": {metric: list(of_seed + by) for metric, by in shifts.items()},
            "values": {metric: float((of_seed + by).mean()) for metric, by in shifts.items()},
        }
        for seed, of_seed in enumerate(errors)
    ]


def test_a_loss_is_off_the_front_only_if_one_other_is_better_in_all_three(contest):
    runs = {
        "bonds": three_errors(0.0, 0.2, 0.2),
        "shape": three_errors(0.2, 0.2, 0.0),
        "between": three_errors(0.1, 0.1, 0.1),
        "behind": three_errors(0.15, 0.15, 0.15),
        "short": three_errors(0.3, 0.3, 0.3)[:2],
    }
    found = contest["front"].beaten_by(runs)
    assert found == {"bonds": [], "shape": [], "between": [], "behind": ["between"]}


def test_the_best_choice_is_the_loss_whose_worst_ratio_is_the_smallest(contest):
    front = contest["front"]

    def table(track, **errors):
        rows = [
            {
                "entry": name,
                "seeds": [0, 1, 2],
                "values": {
                    m: {"mean": v}
                    for m, v in zip(("bond_mae", "distance_mae", "rmsd"), of, strict=True)
                },
            }
            for name, of in errors.items()
        ]
        return {"track": track, "about": track, "steps": 4, "rows": rows}

    common = dict.fromkeys(front.COMMON, (9.0, 9.0, 9.0))
    first = table("a", **{**common, "multiscale": (1.0, 1.2, 1.0), "energy": (1.5, 1.0, 1.0)})
    second = table("b", **{**common, "multiscale": (1.0, 1.1, 1.0), "energy": (1.0, 1.0, 1.0)})
    partial = {**second, "track": "c", "rows": second["rows"][:2]}
    found = front.choice([first, second, partial])
    assert [t["track"] for t in found["tables"]] == ["a", "b"]
    assert list(found["losses"])[:2] == ["multiscale", "energy"]
    assert found["losses"]["multiscale"]["worst"] == pytest.approx(1.2)
    assert found["losses"]["multiscale"]["metric"] == "distance_mae"
    assert found["losses"]["energy"]["tables"] == pytest.approx([1.5, 1.0])


def test_every_loss_runs_as_often_as_the_others(contest):
    stages = contest["stages"]
    for jobs in stages.STAGES.values():
        races = [job for job in jobs if isinstance(job, stages.Race)]
        for track in {job.track for job in races}:
            counts = Counter(job.who.name for job in races if job.track == track)
            assert len(set(counts.values())) <= 1


def test_what_is_chosen_by_is_not_what_is_shown(contest):
    """Rates come from validation molecules and a seed of their own, tables from test molecules."""
    protocol, rows = contest["protocol"], contest["rows"]
    assert protocol.TUNING_SEED not in protocol.SEEDS
    for stage, split in (("tuning", "val"), ("map", "val"), ("table", "test")):
        assert {row["spec"]["eval_split"] for row in rows.rows(stage)} <= {split}


def test_readme_says_how_far_each_loss_is_behind_at_worst(contest):
    losses = json.loads(contest["summary"].RESULT.read_text())["choice"]["losses"]
    assert next(iter(losses)) == "multiscale"
    told = (ROOT / "README.md").read_text()
    for about in losses.values():
        assert f"{about['worst']:.2f}" in told


def test_the_page_says_of_drug_like_molecules_what_the_duels_say(contest):
    committed = json.loads(contest["summary"].RESULT.read_text())
    tables = [t for t in committed["tables"] if t["track"] == "gnn_druglike"]
    assert len(tables) == 2
    for table in tables:
        found = {d["rival"]: d for d in table["duels"] if d["challenger"] == "multiscale"}
        assert found["distance_l1"]["bond_mae"][0] == pytest.approx(-50, abs=3)
        assert found["lddt_kabsch"]["bond_mae"][0] == pytest.approx(-65, abs=3)
        assert found["lddt_kabsch"]["rmsd"][0] == pytest.approx(6.3, abs=0.5)
        assert found["kabsch"]["rmsd"][0] == pytest.approx(3, abs=0.5)
        low, high = found["distance_l1"]["distance_mae"][1:]
        assert low < 0 < high


def test_the_page_and_readme_say_of_networks_what_the_table_says(contest):
    document = json.loads(contest["summary"].RESULT.read_text())
    bonds = {
        (kind, run["track"], run["entry"]): run["row"]["values"]["bond_mae"]["mean"]
        for kind, runs in document["networks"]["equal"].items()
        for run in runs
        if run["row"] and len(run["row"]["seeds"]) == 3
    }
    page, readme = ((ROOT / name).read_text() for name in ("docs/contest.md", "README.md"))
    steps, seconds = document["networks"]["equal"]
    for kind, track, loss in (
        (steps, "egnn_qm9", "multiscale"),
        (steps, "gnn", "kabsch"),
        (seconds, "e3nn_qm9", "multiscale"),
    ):
        assert f"{bonds[kind, track, loss]:.3f}" in page
    assert f"{bonds[steps, 'egnn_qm9', 'kabsch']:.2f} Å off with aligned MSE" in readme
    assert f"{bonds[steps, 'egnn_qm9', 'multiscale']:.2f} Å with `multiscale`" in readme
    for kind in (steps, seconds):
        for loss in ("multiscale", "distance_l1", "kabsch"):
            assert bonds[kind, "gnn", loss] < bonds[kind, "egnn_qm9", loss]
        for track in ("gnn", "egnn_qm9"):
            assert bonds[kind, track, "multiscale"] < bonds[kind, track, "distance_l1"]
    e3nn = bonds[seconds, "e3nn_qm9", "multiscale"]
    assert bonds[seconds, "gnn", "multiscale"] < e3nn < bonds[seconds, "egnn_qm9", "multiscale"]
