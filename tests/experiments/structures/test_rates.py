import json
from pathlib import Path

import pytest

from pyg_energyloss import registry
from pyg_energyloss.experiments.structures.spec import (
    FALLBACK_LEARNING_RATE,
    LEARNING_RATES,
    LOSSES,
    MODELS,
    learning_rate,
)

SWEEP = Path(__file__).parents[3] / "benchmarks" / "results" / "learning_rates.json"


@pytest.mark.parametrize("model", MODELS)
def test_the_rates_are_those_that_the_sweep_found(model):
    sweep = json.loads(SWEEP.read_text())["merit"][model]
    assert set(sweep) == set(LOSSES)
    for loss, merits in sweep.items():
        assert LEARNING_RATES[model][loss] == float(min(merits, key=merits.__getitem__))


def test_what_was_not_swept_gets_the_fallback():
    assert learning_rate("gnn", "mae") == FALLBACK_LEARNING_RATE


def test_the_default_names_are_registered():
    assert set(LOSSES) <= set(registry.names("loss"))
    assert {"gnn", "egnn"} <= set(registry.names("model"))
