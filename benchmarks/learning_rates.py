"""Sweep of the peak learning rate for each model and loss of `energyloss compare`.

    python benchmarks/learning_rates.py            (half an hour on one core)

The merit is that of the contest, on 100 validation molecules after the last step: the geometric
mean of the errors of bond lengths, of all distances, and RMSD; the test molecules are not looked
at. Two rates are tried for every loss, then the next one beyond an end as long as the best is
there. The best rates are copied to pyg_energyloss/experiments/structures/spec.py by hand. A sweep
cut short continues.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pyg_energyloss.cli.compare import BATCH_SIZE, Compare
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.structures.spec import LOSSES, MODELS, StructureSpec
from pyg_energyloss.experiments.study import run_one
from pyg_energyloss.files import write_json

HERE = Path(__file__).parent
sys.path.append(str(HERE / "contest"))
from protocol import MERITED, RATES  # noqa: E402 - the contest's rules
from rows import merit  # noqa: E402
from tuning import beyond  # noqa: E402

STEPS = Compare.presets["steps"][0]
SEED = 100
RESULT = HERE / "results" / "learning_rates.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/learning_rates"))
    options = parser.parse_args()
    table: dict[str, dict[str, dict[str, float]]] = {}
    for model in MODELS:
        for loss in LOSSES:
            tried: dict[float, float] = {}
            left = list(RATES)
            while left:
                tried |= {rate: tried_at(rate, model, loss, options.work) for rate in left}
                left = beyond(tried)
            merits = {f"{rate:g}": value for rate, value in sorted(tried.items())}
            table.setdefault(model, {})[loss] = merits
            best = min(merits, key=merits.__getitem__)
            row = "  ".join(f"{rate}: {value:.3f}" for rate, value in merits.items())
            print(f"{model:6s} {loss:14s} best {best:6s}  {row}", flush=True)
    write_json(
        RESULT,
        {
            "what": "geometric mean in Å of the errors of bonds, of all distances, and RMSD, on "
            "100 validation molecules by peak learning rate",
            "steps": STEPS,
            "batch_size": BATCH_SIZE,
            "seed": SEED,
            "environment": environment(),
            "merit": table,
        },
    )


def tried_at(rate: float, model: str, loss: str, work: Path) -> float:
    """The merit of a rate."""
    spec = StructureSpec(
        dataset="qm9_small",
        model=model,
        loss=loss,
        seed=SEED,
        steps=STEPS,
        batch_size=BATCH_SIZE,
        eval_graphs=100,
        eval_split="val",
        evaluators=MERITED,
        learning_rate=rate,
    )
    return merit(run_one("compare", spec, work)["measurements"][0]["values"])


if __name__ == "__main__":
    main()
