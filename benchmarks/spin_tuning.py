"""Learning rate and own parameters of each loss of `energyloss spins`, on validation systems.

    python benchmarks/spin_tuning.py            (about 20 minutes on one core)

The same procedure for every loss, with the network, steps and batches of the default run: the
learning rates 1e-3 (the paper's), 3e-3 and 1e-2 with the loss's own default parameters; while the
best rate is the first or the last one tried, its neighbour (3e-4, 3e-2) as well. Then, at the best
rate, three alternatives to the own parameters of margin and local field (cross-entropy has none).
The figure of merit is the excess energy averaged over the last two fifths of the steps: after the
last step alone it fluctuates, and rates on the verge of instability win by luck. Training and
validation systems and the seed are others than those that are reported. The best settings are
copied to pyg_energyloss/experiments/spins/spec.py by hand. A sweep cut short continues.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from runs import finished

from pyg_energyloss.cli.spins import LOSSES, Spins
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.spins.spec import SpinSpec
from pyg_energyloss.experiments.study import run_study
from pyg_energyloss.files import write_json

RATES = (1e-3, 3e-3, 1e-2)
#: Rate that is tried when the one before it is the best of those tried so far.
NEIGHBOUR = {1e-3: 3e-4, 1e-2: 3e-2}
LOCAL_FIELD = ({"h0": 0.0}, {"temperature": 0.03}, {"temperature": 1.0})
#: Alternatives to the own parameters of margin and local field, which are to be told apart.
OWN: dict[str, tuple[dict[str, float], ...]] = {
    "spin_margin": ({"margin": 0.3}, {"margin": 3.0}, {"margin": 10.0}),
    "local_field": LOCAL_FIELD,
    "local_field+flip": LOCAL_FIELD,
}
SEED = 100
#: Share of the steps over which the figure of merit is averaged.
LATE = 0.4
RESULT = Path(__file__).parent / "results" / "spin_tuning.json"
PRESET = {name: values[0] for name, values in Spins.presets.items()}
#: The systems that settings are compared on, others than those that are reported.
DATA = {"data_seed": SEED, **{name: PRESET[name] for name in ("size", "train", "test")}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/spin_tuning"))
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    trials = {loss: [(rate, {}) for rate in RATES] for loss in LOSSES}
    grown = True
    while grown:
        _run(trials, options.work, options.workers)
        grown = sum(_extend(loss, tried, options.work) for loss, tried in trials.items()) > 0
    table: dict[str, Any] = {}
    for loss, tried in trials.items():
        rate, own = _best(loss, tried, options.work)
        rows = [
            {
                "learning_rate": r,
                "loss_options": o,
                "excess_energy": _merit(loss, r, o, options.work),
            }
            for r, o in tried
        ]
        table[loss] = {"best": {"learning_rate": rate, "loss_options": own}, "trials": rows}
        print(f"{loss}: {rate:g} {own}")
        for row in rows:
            print(f"    {json.dumps(row)}")
    write_json(
        RESULT,
        {
            "what": "excess energy on validation systems, mean over the last 40 % of steps",
            "settings": {**PRESET, "seeds": [SEED], "data_seed": SEED, "model": "spin_cnn"},
            "environment": environment(),
            "losses": table,
        },
    )


def _spec(loss: str, rate: float, own: dict[str, float]) -> SpinSpec:
    return SpinSpec(
        **DATA,
        model="spin_cnn",
        loss=loss,
        seed=SEED,
        steps=PRESET["steps"],
        batch_size=PRESET["batch_size"],
        learning_rate=rate,
        model_options={"width": PRESET["width"]},
        loss_options=own,
    )


def _extend(loss: str, tried: list[Any], work: Path) -> bool:
    """Add a neighbouring rate or, once the rate is settled, the loss's own parameters."""
    rate = _best(loss, tried, work)[0]
    before = len(tried)
    if all(not own for _, own in tried):
        if NEIGHBOUR.get(rate, rate) not in {r for r, _ in tried}:
            tried.append((NEIGHBOUR[rate], {}))
        else:
            tried += [(rate, own) for own in OWN.get(loss, ())]
    return len(tried) > before


def _run(trials: dict[str, list[Any]], work: Path, workers: int) -> None:
    """Run what is not finished."""
    specs = [_spec(loss, *trial) for loss, tried in trials.items() for trial in tried]
    run_specs(specs, work, workers)


def run_specs(specs: list[SpinSpec], work: Path, workers: int) -> None:
    """Run those of the specs that are not finished; a failure ends it."""
    study = run_study("spins", specs, work, workers=workers, threads=1)
    if study["failed"]:
        raise RuntimeError(str(study["failed"]))


def late_excess(result: dict[str, Any]) -> float:
    """Excess energy on the validation systems, mean over the last part of the steps."""
    first = (1 - LATE) * result["spec"]["steps"]
    return statistics.fmean(row["excess"] for row in result["history"] if row["step"] >= first)


def _merit(loss: str, rate: float, own: dict[str, float], work: Path) -> float:
    return late_excess(finished(_spec(loss, rate, own), work) or {})


def _best(loss: str, tried: list[Any], work: Path) -> tuple[float, dict[str, float]]:
    best: tuple[float, dict[str, float]] = min(tried, key=lambda t: _merit(loss, *t, work))
    return best


if __name__ == "__main__":
    main()
