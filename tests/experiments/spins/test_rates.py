import json
from pathlib import Path

from pyg_energyloss import registry
from pyg_energyloss.cli.spins import LOSSES
from pyg_energyloss.experiments.spins.spec import (
    LEARNING_RATES,
    LOSS_OPTIONS,
    PAPER_LEARNING_RATE,
    learning_rate,
    loss_options,
)

SWEEP = json.loads(
    (Path(__file__).parents[3] / "benchmarks" / "results" / "spin_tuning.json").read_text()
)


def test_the_settings_are_those_that_the_sweep_found():
    assert set(SWEEP["losses"]) == set(LOSSES) == set(LEARNING_RATES)
    for loss, found in SWEEP["losses"].items():
        best = min(found["trials"], key=lambda trial: trial["excess_energy"])
        assert learning_rate(loss) == best["learning_rate"]
        assert loss_options(loss) == best["loss_options"]


def test_every_loss_was_tuned_alike():
    for found in SWEEP["losses"].values():
        rates = {t["learning_rate"] for t in found["trials"] if not t["loss_options"]}
        assert {1e-3, 3e-3, 1e-2} <= rates
        # The best of the rates has a worse one on either side.
        best = min(
            (t for t in found["trials"] if not t["loss_options"]),
            key=lambda trial: trial["excess_energy"],
        )
        assert min(rates) < best["learning_rate"] < max(rates)


def test_the_sweep_saw_neither_the_test_systems_nor_the_seeds_of_the_comparison():
    assert SWEEP["settings"]["data_seed"] != 0
    assert not {0, 1, 2} & set(SWEEP["settings"]["seeds"])


def test_the_settings_fit_the_losses():
    for loss, options in LOSS_OPTIONS.items():
        registry.create("loss", loss.removesuffix("+flip"), **options)


def test_what_was_not_swept_gets_the_papers_rate_and_the_losss_own_parameters():
    assert learning_rate("third_party") == PAPER_LEARNING_RATE == 1e-3
    assert loss_options("third_party") == {}
