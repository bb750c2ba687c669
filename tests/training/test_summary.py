import math

from pyg_energyloss.training.summary import moments, summarise, table


def result(seed, bond, model="gnn", loss="mse", level=None):
    return {
        "spec": {"model": model, "loss": loss, "seed": seed},
        "metrics": [{"level": level, "bond_mae": bond, "n_bond_mae": 9}],
        "step_ms": 10.0,
        "peak_memory_mib": math.nan,
    }


def test_mean_and_sample_standard_deviation_over_seeds():
    (row,) = summarise([result(0, 1.0), result(1, 3.0)])
    assert row["seeds"] == 2
    assert row["metrics"]["bond_mae"] == {"mean": 2.0, "sd": math.sqrt(2.0)}
    assert math.isnan(row["metrics"]["peak_memory_mib"]["mean"])
    assert "n_bond_mae" not in row["metrics"]


def test_undefined_values_are_left_out_of_the_mean():
    (row,) = summarise([result(0, 1.0), result(1, math.nan), result(2, None)])
    assert row["metrics"]["bond_mae"]["mean"] == 1.0
    assert math.isnan(row["metrics"]["bond_mae"]["sd"])


def test_the_table_marks_the_best_and_only_where_there_is_one():
    rows = summarise([result(0, 0.5), result(0, 0.25, loss="energy")])
    columns, cells, marks = table(rows)
    assert columns == ["model + loss", "bonds Å", "ms/step"]
    assert cells == [["gnn + mse", "0.500", "10.0"], ["gnn + energy", "0.250", "10.0"]]
    assert marks == [[False, False, False], [False, True, False]]
    _, _, ties = table(summarise([result(0, 0.5), result(0, 0.5, loss="energy")]))
    assert not any(map(any, ties))


def test_moments_of_one_row_have_no_deviation_and_absent_values_are_left_out():
    assert moments([{"a": 2.0}]) == {"a": {"mean": 2.0, "sd": None}}
    rows = [{"a": 1.0, "b": 1.0}, {"a": 3.0}, {"a": 5.0, "b": None}]
    assert moments(rows) == {"a": {"mean": 3.0, "sd": 2.0}}
