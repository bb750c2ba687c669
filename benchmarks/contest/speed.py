"""How long a step of each network takes, so that one can compare them at equal seconds."""

from __future__ import annotations

import statistics
from pathlib import Path
from tempfile import TemporaryDirectory

from protocol import entry, spec_of

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.study import run_one
from pyg_energyloss.files import read_json, write_json

RESULT = Path(__file__).parents[1] / "results" / "contest_speed.json"
#: The networks that are compared, on one data set; the first is the measure.
COMPARED = ("gnn", "egnn_qm9", "e3nn_qm9")
STEPS = 60
ROUNDS = 5


def measure_speed() -> None:
    """Time the networks in turn, one thread, and write the medians; for a quiet machine."""
    found: dict[str, list[float]] = {name: [] for name in COMPARED}
    for seed in range(ROUNDS):
        for name, times in found.items():
            spec = spec_of("map", entry("multiscale"), name, steps=STEPS, seed=seed, rate=1e-2)
            with TemporaryDirectory() as folder:
                times.append(run_one("compare", spec, Path(folder))["step_ms"])
    write_json(
        RESULT,
        {
            "what": f"ms a step of `multiscale`, median of {ROUNDS} runs of {STEPS} steps each",
            "step_ms": {name: statistics.median(times) for name, times in found.items()},
            "every": found,
            "environment": environment(),
        },
    )


def equal_seconds(track: str, steps: int) -> int:
    """Steps of a network that take as long as so many of the first, to ten."""
    step_ms = read_json(RESULT)["step_ms"]
    return round(steps * step_ms[COMPARED[0]] / step_ms[track] / 10) * 10
