"""Sweep of the peak learning rate for each model and loss of `energyloss compare`.

    python benchmarks/learning_rates.py            (about an hour on one core)

The figure of merit is the bond-length MAE on 100 validation molecules after the last step; the
test molecules are not looked at. The best rates are copied to
pyg_energyloss/experiments/structures/spec.py by hand. A sweep cut short continues.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pyg_energyloss.cli.compare import BATCH_SIZE, Compare
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.structures.spec import LOSSES, MODELS, StructureSpec
from pyg_energyloss.experiments.study import run_study
from pyg_energyloss.files import write_json

STEPS = Compare.presets["steps"][0]
RATES = (1e-3, 3e-3, 1e-2, 3e-2)
RESULT = Path(__file__).parent / "results" / "learning_rates.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/learning_rates"))
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    table: dict[str, dict[str, dict[str, float]]] = {}
    for rate in RATES:
        specs = [
            StructureSpec(
                dataset="qm9_small",
                model=model,
                loss=loss,
                seed=100,
                steps=STEPS,
                batch_size=BATCH_SIZE,
                eval_graphs=1,
                evaluators={"geometry": {}},
                learning_rate=rate,
            )
            for model in MODELS
            for loss in LOSSES
        ]
        out = options.out / f"{rate:g}"
        study = run_study("compare", specs, out, workers=options.workers, threads=1)
        for result in study["runs"]:
            spec = result["spec"]
            merits = table.setdefault(spec["model"], {}).setdefault(spec["loss"], {})
            merits[f"{rate:g}"] = result["history"][-1]["val_bond_mae"]
    for model, losses in table.items():
        for loss, merits in losses.items():
            best = min(merits, key=merits.__getitem__)
            row = "  ".join(f"{rate}: {value:.3f}" for rate, value in merits.items())
            print(f"{model:6s} {loss:14s} best {best:6s}  {row}")
    write_json(
        RESULT,
        {
            "what": "bond-length MAE in Å on 100 validation molecules by peak learning rate",
            "steps": STEPS,
            "batch_size": BATCH_SIZE,
            "seed": 100,
            "environment": environment(),
            "val_bond_mae": table,
        },
    )


if __name__ == "__main__":
    main()
