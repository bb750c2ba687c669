"""Energies against the smooth lDDT and squared errors on fragments of the embedded proteins.

    python benchmarks/proteins_study.py

First the peak learning rate is found on validation fragments (villin) by short runs. Then each
model trains with each loss, equal numbers of steps and three seeds, on fragments of 5ugo, chignolin
and 2n0n, of heavy atoms, and is judged on those of crambin. All runs are made one after another in
this process; one that was cut short continues.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import mode
from typing import Any

from runs import finished, rows_by_level

from pyg_energyloss import registry
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.proteins.spec import (
    EVALUATORS,
    LEVELS,
    LOSSES,
    MODELS,
    SAMPLER,
    SPARSE,
    ProteinSpec,
)
from pyg_energyloss.experiments.study import run_one
from pyg_energyloss.files import read_or_set_aside, write_json

RESULT = Path(__file__).parent / "results" / "proteins_study.json"
#: Losses of the sweep; others get the rate that is best for most of these.
SWEPT = {"vector_gnn": LOSSES, "egnn": ("mse", "kabsch", "lddt")}
RATES = (1e-2, 3e-2)
SWEEP_STEPS, SWEEP_SEED = 60, 100
STEPS, BATCH_SIZE, SEEDS = 100, 4, (0, 1, 2)
SIZE = {"channels": 32, "layers": 3}

Rates = dict[str, dict[str, dict[str, float]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/proteins_study"))
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--write", action="store_true", help="sum up what is finished")
    options = parser.parse_args()
    models = MODELS if options.write else options.models.split(",")
    rates: Rates = {model: _sweep(model, options.out) for model in models}
    if options.write:
        _write(options.out, rates)
        return
    for seed in map(int, options.seeds.split(",")):
        for model in models:
            for loss in LOSSES:
                spec = _spec(model, loss, seed=seed, rate=_best(rates[model], loss))
                for m in run_one("proteins", spec, options.out)["measurements"]:
                    lddt = m["values"]["lddt"]
                    print(seed, model, loss, m["labels"], f"lDDT {lddt:.4f}", flush=True)


def _sweep(model: str, out: Path) -> dict[str, dict[str, float]]:
    """Loss -> rate -> lDDT of validation fragments after the last step."""
    table: dict[str, dict[str, float]] = {}
    for loss in SWEPT[model]:
        for rate in RATES:
            spec = _spec(model, loss, seed=SWEEP_SEED, rate=rate, steps=SWEEP_STEPS)
            found = run_one("proteins", spec, out / "sweep")["history"][-1]["val_lddt"]
            table.setdefault(loss, {})[f"{rate:g}"] = found
        print(model, loss, table[loss], flush=True)
    return table


def _best(of_losses: dict[str, dict[str, float]], loss: str) -> float:
    best = {name: max(found, key=found.__getitem__) for name, found in of_losses.items()}
    return float(best.get(loss, mode(best.values())))


def _spec(model: str, loss: str, *, seed: int, rate: float, steps: int = STEPS) -> ProteinSpec:
    judged = steps == STEPS
    return ProteinSpec(
        dataset="proteins_small",
        dataset_options={"atoms": "heavy"},
        levels=LEVELS,
        model=model,
        model_options=SIZE,
        loss=loss,
        edges=SAMPLER if loss == SPARSE else "",
        seed=seed,
        steps=steps,
        batch_size=BATCH_SIZE,
        learning_rate=rate,
        eval_graphs=100 if judged else 1,
        evaluators={name: {} for name in EVALUATORS} if judged else {},
    )


def _write(out: Path, rates: Rates) -> None:
    result: dict[str, Any] = {
        "what": "denoising of fragments of 12 residues, test protein crambin: mean and s.d. over "
        "seeds",
        "steps": STEPS,
        "batch_size": BATCH_SIZE,
        "seeds": SEEDS,
        "networks": SIZE,
        "sweep": {"steps": SWEEP_STEPS, "seed": SWEEP_SEED, "val_lddt": rates},
        "environment": environment(),
        "rows": [*_inputs(out), *_rows(out, rates)],
    }
    write_json(RESULT, result)


def _inputs(out: Path) -> list[dict[str, Any]]:
    """The noised copies as they are."""
    kept = out / "input.json"
    found = read_or_set_aside(kept)
    if found is None:
        spec = _spec(MODELS[0], LOSSES[0], seed=0, rate=0.0)
        found = {"measurements": registry.create("experiment", "proteins").baselines(spec, out)}
        write_json(kept, found)
    return [
        {
            **m["labels"],
            "values": {k: {"mean": v, "sd": None} for k, v in m["values"].items()},
        }
        for m in found["measurements"]
    ]


def _rows(out: Path, rates: Rates) -> list[dict[str, Any]]:
    rows = []
    for model in MODELS:
        for loss in LOSSES:
            rate = _best(rates[model], loss)
            specs = [_spec(model, loss, seed=seed, rate=rate) for seed in SEEDS]
            results = [r for spec in specs if (r := finished(spec, out)) is not None]
            about = {"model": model, "loss": loss, "learning_rate": rate}
            rows += rows_by_level(results, LEVELS, about)
    return rows


if __name__ == "__main__":
    main()
