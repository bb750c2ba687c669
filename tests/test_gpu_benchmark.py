"""`make gpu` on a machine without a GPU: small cases, and a row that breaks is not the end."""

import importlib
import json
import sys
from pathlib import Path

import pytest
import torch

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    return importlib.import_module("gpu")


def test_rows_say_how_far_each_way_is_from_float64(gpu):
    for way in ("ours", "dense"):
        row = importlib.import_module("gpu_rows").solve("lddt_3000", way, "cpu")
        assert max(row["value_error"], row["gradient_error"]) <= 1e-5
        assert row["ms"] > 0
        assert row["atoms"] == 70


def test_a_process_answers_for_rows_until_it_is_lost(gpu):
    worker = gpu.Worker()
    assert worker.ask("complete_3000", "no such way", 600.0)["error"].startswith("KeyError")
    worker.process.kill()
    assert worker.ask("complete_3000", "ours", 600.0) is None
    assert "status -9" in worker.why()


def test_a_lost_process_is_a_row_and_the_next_row_has_another(gpu, monkeypatch):
    made = []

    class Fragile:
        def __init__(self):
            made.append(self)
            self.process = type("Process", (), {"returncode": 3})

        def ask(self, case, way, _seconds):
            return (
                None
                if way == "dense"
                else {"case": case, "way": way, "ms": 2.0, "by": made.index(self)}
            )

        def why(self):
            return "out of memory"

        def close(self):
            pass

    monkeypatch.setattr(gpu, "Worker", Fragile)
    monkeypatch.setattr(
        gpu.CASES["complete_3000"], "ways", ("ours", "cdist", "dense", "authors_form")
    )
    rows = gpu.with_ratios([*gpu.rows_of(["complete_3000"], float("inf"))])
    assert [row.get("by") for row in rows] == [0, 0, None, 1]
    assert rows[2] == {"case": "complete_3000", "way": "dense", "error": "out of memory"}
    assert [row.get("times_ours") for row in rows] == [1.0, 1.0, None, 1.0]


def test_a_row_that_broke_leaves_its_process_to_none(gpu, monkeypatch):
    ended = []

    class Tainted:
        def ask(self, case, way, _seconds):
            return {"case": case, "way": way} | ({"error": "device"} if way == "dense" else {})

        def close(self):
            ended.append(self)

    monkeypatch.setattr(gpu, "Worker", Tainted)
    monkeypatch.setattr(gpu.CASES["complete_3000"], "ways", ("ours", "dense", "cdist"))
    rows = list(gpu.rows_of(["complete_3000"], float("inf")))
    assert ["error" in row for row in rows] == [False, True, False]
    assert len(ended) == 2
    assert ended[0] is not ended[1]


def test_without_a_gpu_nothing_is_written_as_a_result_of_one(gpu, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(gpu, "INTERPRETED", tmp_path / "small.json")
    monkeypatch.setattr(
        gpu, "rows_of", lambda names, _: iter([{"case": n, "way": "ours"} for n in names])
    )
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--only", "complete_3000", "sparse_300000"])
    with pytest.raises(SystemExit, match="0"):
        gpu.main()
    written = json.loads((tmp_path / "small.json").read_text())
    assert written["on"] == "cpu"
    assert [row["case"] for row in written["rows"]] == ["complete_3000", "sparse_300000"]
    assert "No CUDA device" in capsys.readouterr().out
    assert gpu.with_ratios([{"case": "c", "way": "dense", "error": "out of memory"}]) == [
        {"case": "c", "way": "dense", "error": "out of memory"}
    ]


def test_a_row_for_which_no_time_is_left_is_said_to_be_left_out(gpu):
    rows = list(gpu.rows_of(["sparse_300000"], 0.0))
    assert [row["error"] for row in rows] == ["left out: no time was left"] * 2


def test_without_a_gpu_our_rows_come_first_and_nothing_is_compiled_for_a_cpu(gpu):
    rows = gpu.ways_of(["sparse_300000", "lddt_3000"])
    assert rows[:2] == [("sparse_300000", "ours"), ("lddt_3000", "ours")]
    assert {way for _, way in rows} == {"ours", "gather", "dense"}
