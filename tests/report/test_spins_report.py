import pytest

pytest.importorskip("lightning", reason="training needs Lightning")
from pyg_energyloss.report.spins import spin_table
from pyg_energyloss.training.spin_compare import SpinOutcome

METRICS = ("excess_greedy", "excess_zero_temperature", "satisfied", "overlap", "exact")


def run(loss, seed, excess):
    spec = {"model": "spin_cnn", "loss": loss, "seed": seed}
    return {"spec": spec, "metrics": {"excess_energy": excess, **dict.fromkeys(METRICS, 0.5)}}


def test_the_table_sets_excess_energies_beside_the_papers():
    results = [
        run("spin_cross_entropy", 0, 39.0),
        run("spin_cross_entropy", 1, 41.0),
        run("local_field", 0, 30.0),
        run("local_field+flip", 0, 18.0),
    ]
    baselines = {"random spins": {"metrics": results[0]["metrics"], "seconds": 0.0}}
    columns, cells, marks = spin_table(SpinOutcome(results, baselines, {}))
    assert columns[0] == "loss"
    rows = {row[0]: dict(zip(columns, row, strict=True)) for row in cells}
    assert rows["spin_cross_entropy"]["excess energy"] == "40.00 ± 1.41"
    assert rows["local_field"]["excess energy"] == "30.00"
    assert rows["local_field"]["of cross-entropy"] == "0.75"
    assert rows["local_field"]["paper, 16 x 16"] == "45.6 (0.78)"  # 45.6 / 58.8
    assert rows["local_field+flip"]["paper, 16 x 16"] == "–"
    assert rows["random spins"]["of cross-entropy"] == "–"
    best = columns.index("excess energy")
    assert [row[best] for row in marks] == [False, False, True, False]


def test_two_models_are_told_apart_and_compared_with_their_own_cross_entropy():
    results = [run("spin_cross_entropy", 0, 40.0), run("local_field", 0, 30.0)]
    other = run("local_field", 0, 5.0)
    other["spec"]["model"] = "spin_gnn"
    columns, cells, _ = spin_table(SpinOutcome([*results, other], {}, {}))
    place = columns.index("of cross-entropy")
    assert [row[0] for row in cells][-1] == "spin_gnn + local_field"
    assert [row[place] for row in cells] == ["1.00", "0.75", "–"]
