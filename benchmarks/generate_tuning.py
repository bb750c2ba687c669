"""Tune learning rate and position weight of each loss of the generators, alike for all losses.

Four settings a loss, short trainings, one seed that the study does not use; the best share of
stable atoms wins. Writes ``benchmarks/results/generate_tuning.json``; finished runs in the work
folder are kept.

    python benchmarks/generate_tuning.py --work /tmp/tuning
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pyg_energyloss.cli.values import comma_list
from pyg_energyloss.report.files import write_json
from pyg_energyloss.training.compare import environment
from pyg_energyloss.training.generate_compare import flat, run_generators
from pyg_energyloss.training.generate_spec import GenerateSpec

LOSSES = ("mse", "energy_gated", "energy", "kabsch", "mae")
#: (learning rate, position weight)
SETTINGS = ((2e-3, 1.0), (2e-3, 3.0), (2e-3, 10.0), (4e-3, 3.0))
SEED = 100
RESULT = Path(__file__).parent / "results" / "generate_tuning.json"


def specs(steps: int) -> dict[str, list[GenerateSpec]]:
    """The runs by loss."""
    return {
        loss: [
            GenerateSpec(
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
            for rate, weight in SETTINGS
        ]
        for loss in LOSSES
    }


def main() -> None:
    """Run the grid and write its result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--losses", type=comma_list, help="some only; nothing is written then")
    options = parser.parse_args()
    rows = []
    for loss, runs in specs(options.steps).items():
        for index, run in enumerate(runs):
            rows.append((loss, SETTINGS[index], run))
    if options.losses:
        rows = [row for row in rows if row[0] in options.losses]
    generated = run_generators(
        [run for _, _, run in rows], options.work, workers=options.workers, threads=1
    )
    by_key = {GenerateSpec.from_dict(r["spec"]).key: r for r in generated.results}
    table = [
        {
            "loss": loss,
            "learning_rate": rate,
            "position_weight": weight,
            **flat(by_key[run.key]["metrics"]["averaged"]),
        }
        for loss, (rate, weight), run in rows
    ]
    best = {
        loss: max((row for row in table if row["loss"] == loss), key=lambda row: row["atom_stable"])
        for loss in dict.fromkeys(loss for loss, _, _ in rows)
    }
    for row in table:
        mark = "*" if row is best[row["loss"]] else " "
        print(
            f"{mark} {row['loss']:14s} rate {row['learning_rate']:g} weight "
            f"{row['position_weight']:g}: {100 * row['atom_stable']:.1f} % stable atoms"
        )
    if options.losses:
        return
    write_json(
        RESULT,
        {
            "steps": options.steps,
            "seed": SEED,
            "environment": environment(),
            "rows": table,
            "best": {
                loss: {k: row[k] for k in ("learning_rate", "position_weight")}
                for loss, row in best.items()
            },
        },
    )


if __name__ == "__main__":
    main()
