"""The parts of the engine: schedule, stream, summary."""

from itertools import islice

import pytest
import torch

from pyg_energyloss.experiments.document import sentence
from pyg_energyloss.experiments.fitting.schedule import learning_rate_factor
from pyg_energyloss.experiments.stream import IndexLoader, StepStream, mixed_seed
from pyg_energyloss.experiments.summary import column, moments, summarise


@pytest.mark.parametrize("steps", [1, 2, 10, 100])
def test_the_learning_rate_rises_to_its_peak_and_falls_to_nothing(steps):
    rates = [learning_rate_factor(step, steps) for step in range(steps)]
    assert min(rates) > 0
    assert max(rates) == 1
    if steps == 100:
        assert rates[-1] < 1e-3


def test_the_learning_rate_can_stay():
    assert {learning_rate_factor(s, 9, warm_up=0, falls=False) for s in range(9)} == {1.0}


def test_the_batch_of_a_step_depends_on_the_seed_and_the_step_alone():
    def numbers(seed, start, count):
        loader = IndexLoader(10, torch.Tensor.tolist, batch_size=4, seed=seed)
        return list(islice(loader.stream(start), count))

    assert numbers(1, 3, 4) == numbers(1, 0, 7)[3:]
    assert numbers(2, 0, 3) != numbers(1, 0, 3)


def test_processes_take_turns_at_the_batches():
    def numbers(**options):
        loader = IndexLoader(8, torch.Tensor.tolist, batch_size=2, seed=0)
        return list(islice(iter(StepStream(loader, **options)), 4))

    whole = numbers()
    assert numbers(start=0, stride=2)[:2] == whole[0::2]
    assert numbers(start=1, stride=2)[:2] == whole[1::2]


def test_a_pass_sees_nothing_twice():
    loader = IndexLoader(12, torch.Tensor.tolist, batch_size=4, seed=0)
    assert sorted(row for rows in islice(loader.stream(), 3) for row in rows) == list(range(12))


def test_seeds_that_are_mixed_differ():
    assert len({mixed_seed(a, b) for a in range(4) for b in range(4)}) == 16


BOND, SUCCESS = column("bond", "bonds", "Å"), column("success", "<0.3 Å", "%", better="high")


def test_mean_and_sample_standard_deviation_over_seeds():
    measured = [({"loss": "a"}, {"bond": value, "success": 0.25}) for value in (1.0, 3.0)]
    (row,) = summarise(measured, [BOND, SUCCESS], [])
    assert row["labels"] == {"loss": "a"}
    assert row["values"]["bond"] == {
        "mean": 2.0,
        "sd": pytest.approx(2**0.5),
        "n": 2,
        "values": [1.0, 3.0],
    }
    assert row["values"]["success"]["mean"] == 25.0  # a share is shown in %


def test_missing_nan_and_infinite_values_are_left_out_everywhere_alike():
    nan, inf = float("nan"), float("inf")
    found = moments([1.0, None, nan, inf, -inf])
    assert found == {"mean": 1.0, "sd": None, "n": 1, "values": [1.0, None, None, None, None]}
    assert moments([nan, None]) is None
    measured = [({"loss": "a"}, {"bond": 1.0}), ({"loss": "a"}, {"other": 2.0})]
    (row,) = summarise(measured, [BOND], [])
    assert row["values"]["bond"]["n"] == row["values"]["other"]["n"] == 1


def test_a_row_knows_the_seeds_that_failed():
    rows = summarise([({"loss": "a"}, {})], [BOND], [({"loss": "a"}, "1"), ({"loss": "b"}, "0")])
    assert [(row["labels"]["loss"], row["failed"]) for row in rows] == [("a", ["1"]), ("b", ["0"])]


def test_the_summary_sentence_compares_runs_of_one_noise_level():
    lddt = column("lddt", "lDDT", "%", better="high", digits=1)
    measured = {("a", "0.5 Å"): 0.97, ("b", "0.5 Å"): 0.96, ("a", "1 Å"): 0.7, ("b", "1 Å"): 0.8}
    rows = summarise(
        [({"loss": loss, "noise": n}, {"lddt": v}) for (loss, n), v in measured.items()], [lddt], []
    )
    heads = {"loss": "loss", "noise": "noise"}
    expected = "Best lDDT at noise 1 Å: b with 80.0 %; worst: a with 70.0 %."
    assert sentence(rows, [lddt], heads, group="noise") == expected
    assert sentence(rows[:2], [lddt], heads, group=None).startswith("Best lDDT: a 0.5 Å with 97.0")
