"""Generators of molecules with several losses, stiffnesses, edges, data sizes and networks.

Every group is run with the same steps and seeds, with the learning rate and position weight that
``generate_tuning.py`` found for each loss. Seed after seed, so that a study cut short is still
one; finished runs in the work folder are kept. Writes ``benchmarks/results/generate_study.json``
and, with ``--pictures``, ``docs/images/generate_*.png``.

    python benchmarks/generate_study.py --work /tmp/study                 (an hour on two cores)
    python benchmarks/generate_study.py --work /tmp/study --groups main --seeds 0,1,2
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from runs import finished, mean_sd

from pyg_energyloss.cli.values import comma_list, seeds
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.generation.experiment import GeneratorExperiment
from pyg_energyloss.experiments.generation.spec import GeneratorSpec
from pyg_energyloss.experiments.study import run_study
from pyg_energyloss.files import write_bytes, write_json
from pyg_energyloss.report import print_document, write_report

HERE = Path(__file__).parent
RESULT = HERE / "results" / "generate_study.json"
TUNING = HERE / "results" / "generate_tuning.json"
#: For a loss that the tuning has not reached: what was best for all that it has.
UNTUNED = {"learning_rate": 2e-3, "position_weight": 3.0}
EVALUATORS = ("stability", "validity", "distributions")


def groups(steps: int, tuned: dict[str, dict[str, float]]) -> dict[str, list[GeneratorSpec]]:
    """The runs of each group, with seed 0."""

    def spec(loss: str, **changes: Any) -> GeneratorSpec:
        common = GeneratorSpec(
            dataset="qm9_small",
            model="gdm",
            loss=loss,
            seed=0,
            steps=steps,
            batch_size=32,
            **tuned.get(loss, UNTUNED),
            prediction="velocity",
            precision="bf16-mixed",
            samples=300,
            evaluators=EVALUATORS,
        )
        return replace(common, **changes)

    gated = "energy_gated"
    return {
        "main": [spec(loss) for loss in ("mse", gated, "energy")],
        "others": [spec(loss) for loss in ("kabsch", "mae")],
        "equivariant": [spec(loss, model="edm") for loss in ("mse", gated, "energy")],
        "stiffness": [
            spec(gated, loss_options={"stiffness": law})
            for law in ("inverse", "inverse_square", "constant")
        ],
        "edges": [spec(gated, loss_options={"edges_per_atom": 4.0})],
        "data": [spec(loss, fraction=part) for part in (0.5, 0.25) for loss in ("mse", gated)],
        "augmentation": [spec(loss, augment=False) for loss in ("mse", gated)],
        "flow": [spec(loss, schedule="flow") for loss in ("mse", gated)],
    }


def main() -> None:
    """Run the groups and write the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--groups", type=comma_list, default=None, metavar="A,B")
    parser.add_argument("--seeds", type=seeds, default=(0, 1, 2), metavar="N|A,B")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--pictures", action="store_true", help="copy the main group's plots")
    options = parser.parse_args()
    tuned = json.loads(TUNING.read_text())["best"]
    by_name = groups(options.steps, tuned)
    chosen = options.groups or list(by_name)
    for seed in options.seeds:
        for name in chosen:
            runs = [replace(spec, seed=seed) for spec in by_name[name]]
            run_study("generate", runs, options.work, workers=options.workers, threads=1)
            collect(options.work, by_name, options.steps)
    if options.pictures:
        pictures(options.work, by_name["main"], options.seeds)


def collect(work: Path, by_name: dict[str, list[GeneratorSpec]], steps: int) -> None:
    """Summarise every finished run of every group."""
    rows = {
        name: [r for spec in specs for r in summary(spec, work)] for name, specs in by_name.items()
    }
    real = GeneratorExperiment().baselines(by_name["main"][0], work)
    ceiling = {m["labels"]["generator"]: m["values"] for m in real}
    write_json(
        RESULT,
        {
            "what": f"qm9_small, {steps} steps of 32 molecules, 300 molecules sampled a run",
            "environment": environment(),
            "specs": {name: [spec.to_dict() for spec in specs] for name, specs in by_name.items()},
            "ceiling": ceiling,
            "groups": rows,
        },
    )


def summary(spec: GeneratorSpec, work: Path) -> list[dict[str, Any]]:
    """Mean and standard deviation over the finished seeds, a row for each set of weights."""
    runs = [r for seed in range(100) if (r := finished(replace(spec, seed=seed), work))]
    about = {"label": spec.label, "model": spec.model, "loss": spec.loss, "seeds": len(runs)}
    return [
        {
            **about,
            "weights": runs[0]["measurements"][i]["labels"]["weights"],
            "metrics": mean_sd([run["measurements"][i]["values"] for run in runs]),
        }
        for i in range(len(runs[0]["measurements"]) if runs else 0)
    ]


def pictures(work: Path, specs: list[GeneratorSpec], chosen: tuple[int, ...]) -> None:
    """Write the report of the main group, and copy its plots to the documentation."""
    runs = [replace(spec, seed=seed) for seed in chosen for spec in specs]
    document = run_study("generate", runs, work, workers=1, threads=1)
    write_report(document, work)
    print_document(document)
    for name in ("molecules", "metrics", "lengths", "curves"):
        target = HERE.parent / "docs" / "images" / f"generate_{name}.png"
        write_bytes(target, (work / "plots" / f"{name}.png").read_bytes())


if __name__ == "__main__":
    main()
