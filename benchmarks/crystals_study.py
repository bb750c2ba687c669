"""Energies against wrapped and aligned squared errors on perov_5 and carbon_24, lattice predicted.

    python benchmarks/crystals_study.py FOLDER       (FOLDER holds perov_5.csv.gz, carbon_24.csv.gz)

First the peak learning rate of each model with each loss is found on validation crystals of
perov_5, by short runs; then each trains equal numbers of steps on both sets with three seeds. All
runs are made one after another in this process; one that was cut short continues.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from runs import finished, rows_by_level

from pyg_energyloss import registry
from pyg_energyloss.experiments.crystals.spec import LEVELS, LOSSES, CrystalSpec
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.study import run_one
from pyg_energyloss.files import read_or_set_aside, write_json

RESULT = Path(__file__).parent / "results" / "crystals_study.json"
DATASETS = ("perov_5", "carbon_24")
RATES = (1e-2, 3e-2)
SWEEP_STEPS, SWEEP_SEED = 60, 100
STEPS, BATCH_SIZE, SEEDS = 150, 16, (0, 1, 2)
SIZE = {"channels": 32, "layers": 3}
EVAL_GRAPHS, MATCH_GRAPHS = 100, 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", default="crystal_egnn,crystal_gnn")
    parser.add_argument("--out", type=Path, default=Path("runs/crystals_study"))
    parser.add_argument("--write", action="store_true", help="sum up what is finished, run nothing")
    options = parser.parse_args()
    models = options.models.split(",")
    rates = {model: _best_rates(model, options) for model in models}
    todo = [
        (model, dataset, seed, loss)
        for model in models
        for dataset in DATASETS
        for seed in SEEDS
        for loss in LOSSES
    ]
    for model, dataset, seed, loss in () if options.write else todo:
        rate = float(min(rates[model][loss], key=rates[model][loss].__getitem__))
        spec = _spec(options, dataset, model, loss, seed=seed, rate=rate)
        for m in run_one("crystals", spec, options.out)["measurements"]:
            print(seed, model, dataset, loss, m["labels"], m["values"], flush=True)
    _write(options, models, rates)


def _write(
    options: argparse.Namespace, models: list[str], rates: dict[str, dict[str, dict[str, float]]]
) -> None:
    result: dict[str, Any] = {
        "what": "task denoise, lattice predicted: mean and s.d. over seeds on test crystals",
        "steps": STEPS,
        "batch_size": BATCH_SIZE,
        "seeds": SEEDS,
        "networks": SIZE,
        "test_crystals": EVAL_GRAPHS,
        "matched_crystals": MATCH_GRAPHS,
        "sweep": {"steps": SWEEP_STEPS, "seed": SWEEP_SEED, "val_distance_mae": rates},
        "environment": environment(),
        "rows": [*_baselines(options), *_rows(options, models, rates)],
    }
    write_json(RESULT, result)


def _best_rates(model: str, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Loss -> rate -> error of validation distances after the last step."""
    table: dict[str, dict[str, float]] = {}
    for loss in LOSSES:
        for rate in RATES:
            out = options.out / "sweep"
            spec = _spec(
                options,
                "perov_5",
                model,
                loss,
                seed=SWEEP_SEED,
                rate=rate,
                steps=SWEEP_STEPS,
                judged=1,
            )
            found = run_one("crystals", spec, out)["history"][-1]["val_distance_mae"]
            table.setdefault(loss, {})[f"{rate:g}"] = found
        print(model, loss, table[loss], flush=True)
    return table


def _spec(
    options: argparse.Namespace,
    dataset: str,
    model: str,
    loss: str,
    *,
    seed: int,
    rate: float,
    steps: int = STEPS,
    judged: int | None = None,
) -> CrystalSpec:
    return CrystalSpec(
        task="denoise",
        lattice="predicted",
        levels=LEVELS,
        dataset=dataset,
        dataset_options={"path": str((options.data / f"{dataset}.csv.gz").resolve())},
        model=model,
        model_options=SIZE,
        loss=loss,
        seed=seed,
        steps=steps,
        batch_size=BATCH_SIZE,
        learning_rate=rate,
        eval_graphs=judged or EVAL_GRAPHS,
        match_graphs=judged or MATCH_GRAPHS,
    )


def _baselines(options: argparse.Namespace) -> list[dict[str, Any]]:
    """The inputs as they are."""
    experiment, rows = registry.create("experiment", "crystals"), []
    for dataset in DATASETS:
        spec = _spec(options, dataset, "crystal_egnn", "energy", seed=0, rate=0.0)
        kept = options.out / f"input-{dataset}.json"
        found = read_or_set_aside(kept)
        if found is None:
            found = {"measurements": experiment.baselines(spec, options.out)}
            write_json(kept, found)
        for m in found["measurements"]:
            values = {k: {"mean": v, "sd": None} for k, v in m["values"].items()}
            rows.append({"dataset": dataset, **m["labels"], "values": values})
    return rows


def _rows(
    options: argparse.Namespace, models: list[str], rates: dict[str, dict[str, dict[str, float]]]
) -> list[dict[str, Any]]:
    rows = []
    for dataset in DATASETS:
        for model in models:
            for loss in LOSSES:
                rate = float(min(rates[model][loss], key=rates[model][loss].__getitem__))
                specs = [_spec(options, dataset, model, loss, seed=s, rate=rate) for s in SEEDS]
                results = [r for s in specs if (r := finished(s, options.out)) is not None]
                about = {"dataset": dataset, "model": model, "loss": loss, "learning_rate": rate}
                rows += rows_by_level(results, LEVELS, about)
    return rows


if __name__ == "__main__":
    main()
