"""Is the local field below the margin loss where networks are trained for longer?

    python benchmarks/spin_margin.py            (about a quarter of an hour on two cores)

The default run of `energyloss spins` is short: its networks halve the excess energy of random
spins. Here the same network is trained for twice as many steps on twice as many systems, and, on
smaller lattices, until it has learnt most of what it can. Learning rates and margins are those that
``spin_tuning.py`` found for the default run, and the usual margin of 1 besides. A run that is
finished is not repeated.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from runs import mean_sd, metrics_of
from spin_tuning import PRESET, run_specs

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.spins.spec import SpinSpec, learning_rate
from pyg_energyloss.files import write_json
from pyg_energyloss.report import numbers

#: name -> data, steps, schedule of the learning rate.
REGIMES = {
    "10 x 10, 10 000 systems, 1 400 steps": (
        {"size": 10, "train": 10_000, "test": 1000},
        1400,
        "constant",
    ),
    "6 x 6, 20 000 systems, 4 000 steps, falling rate": (
        {"size": 6, "train": 20_000, "test": 1000},
        4000,
        "cosine",
    ),
}
LOSSES: dict[str, tuple[str, dict[str, Any]]] = {
    "cross-entropy": ("spin_cross_entropy", {}),
    "margin 1": ("spin_margin", {}),
    "margin 3": ("spin_margin", {"margin": 3.0}),
    "local field": ("local_field", {}),
}
METRICS = ("excess_energy", "excess_greedy", "overlap", "satisfied")
SEEDS = (0, 1, 2)
RESULT = Path(__file__).parent / "results" / "spin_margin.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/spin_margin"))
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    specs = {
        (regime, name, seed): SpinSpec(
            **data,
            model="spin_cnn",
            loss=loss,
            seed=seed,
            steps=steps,
            batch_size=PRESET["batch_size"],
            learning_rate=learning_rate(loss),
            schedule=schedule,
            model_options={"width": PRESET["width"]},
            loss_options=loss_options,
        )
        for regime, (data, steps, schedule) in REGIMES.items()
        for seed in SEEDS
        for name, (loss, loss_options) in LOSSES.items()
    }
    for regime in REGIMES:
        chosen = [spec for (of, _, _), spec in specs.items() if of == regime]
        run_specs(chosen, options.work, options.workers)
    table: dict[str, Any] = {}
    for regime in REGIMES:
        table[regime] = {}
        for name in LOSSES:
            found = [metrics_of(specs[regime, name, seed], options.work) for seed in SEEDS]
            values = [{m: v[m] for m in METRICS} for v in found if v is not None]
            row = table[regime][name] = mean_sd(values)
            excess = row["excess_energy"]
            print(f"{regime}: {name:14s} {numbers.mean_sd(excess, 2)}")
    settings = {"width": PRESET["width"], "batch_size": PRESET["batch_size"], "seeds": SEEDS}
    write_json(RESULT, {"settings": settings, "environment": environment(), "regimes": table})


if __name__ == "__main__":
    main()
