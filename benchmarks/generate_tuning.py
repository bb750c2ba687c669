"""Tune the position weight of each loss of the generators, alike for all losses.

Weights a factor of about three apart, more of them beyond an end of the range as long as the best
is there; short trainings, one seed that the study does not use; the best share of stable atoms
wins. The learning rate is the same for all; for MSE, half of it was worse and twice of
it gave 47.4 % in place of 45.9 %, within the scatter between seeds. Writes
``benchmarks/results/generate_tuning.json``; finished runs in the work folder are kept.

    python benchmarks/generate_tuning.py --work /tmp/tuning
"""

from __future__ import annotations

import argparse
from pathlib import Path

from runs import metrics_of

from pyg_energyloss.cli.values import comma_list
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.generation.spec import GeneratorSpec
from pyg_energyloss.experiments.study import run_study
from pyg_energyloss.files import write_json

LOSSES = ("mse", "energy_gated", "energy", "kabsch", "mae")
WEIGHTS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
#: Those that are tried first; then their neighbours while the best is at an end.
FIRST = (1.0, 3.0)
RATE, SEED, MERIT = 2e-3, 100, "atom_stable"
RESULT = Path(__file__).parent / "results" / "generate_tuning.json"


def spec(loss: str, weight: float, steps: int, *, rate: float = RATE) -> GeneratorSpec:
    """A run of the grid."""
    return GeneratorSpec(
        dataset="qm9_small",
        model="gdm",
        loss=loss,
        seed=SEED,
        steps=steps,
        batch_size=32,
        learning_rate=rate,
        position_weight=weight,
        prediction="velocity",
        precision="bf16-mixed",
        samples=200,
        evaluators=("stability",),
    )


def merits(work: Path, loss: str, steps: int) -> dict[float, float]:
    """Share of stable atoms by weight, of the runs that are there."""
    found = {weight: metrics_of(spec(loss, weight, steps), work) for weight in WEIGHTS}
    return {weight: values[MERIT] for weight, values in found.items() if values is not None}


def wanted(tried: dict[float, float]) -> list[float]:
    """Weights to try next: the first ones, then a neighbour of a best one at an end."""
    if not tried:
        return list(FIRST)
    place = WEIGHTS.index(max(tried, key=tried.__getitem__))
    beside = [WEIGHTS[i] for i in (place - 1, place + 1) if 0 <= i < len(WEIGHTS)]
    return [weight for weight in (*FIRST, *beside) if weight not in tried]


def main() -> None:
    """Run the grid and write its result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--losses", type=comma_list, default=list(LOSSES), help="some only")
    options = parser.parse_args()
    steps, work = options.steps, options.work
    while runs := [
        spec(loss, weight, steps)
        for loss in options.losses
        for weight in wanted(merits(work, loss, steps))
    ]:
        run_study("generate", runs, work, workers=options.workers, threads=1)
    table = {loss: merits(work, loss, steps) for loss in LOSSES}
    best = {loss: max(t, key=t.__getitem__) for loss, t in table.items() if t}
    for loss, tried in table.items():
        row = "  ".join(f"{weight:g}: {100 * value:.1f}" for weight, value in tried.items())
        print(f"{loss:14s} best {best.get(loss)}  stable atoms % by weight {row}")
    write_json(
        RESULT,
        {
            "what": f"{MERIT} by position weight",
            "steps": steps,
            "seed": SEED,
            "environment": environment(),
            MERIT: table,
            "best": {
                loss: {"learning_rate": RATE, "position_weight": weight}
                for loss, weight in best.items()
            },
        },
    )


if __name__ == "__main__":
    main()
