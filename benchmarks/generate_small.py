"""Generators of molecules of few heavy atoms, on which a network of one core comes to an end.

The equivariant denoiser on the molecules of qm7 with at most four heavy atoms (47 to train), for
each loss and seed; seed after seed. Finished runs in the work folder are kept, a run cut short goes
on. Writes ``benchmarks/results/generate_small.json``; the molecules are in the work folder.

    python benchmarks/generate_small.py --work /tmp/small          (ten minutes of one core a run)
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from runs import finished

from pyg_energyloss.cli.values import comma_list, seeds
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.generation.experiment import GeneratorExperiment
from pyg_energyloss.experiments.generation.spec import GeneratorSpec
from pyg_energyloss.experiments.study import run_study
from pyg_energyloss.files import write_json

RESULT = Path(__file__).parent / "results" / "generate_small.json"


def spec(loss: str, seed: int, steps: int) -> GeneratorSpec:
    """A run of the study."""
    return GeneratorSpec(
        dataset="qm7",
        dataset_options={"max_heavy_atoms": 4},
        model="edm",
        model_options={"channels": 48, "layers": 3, "near": True},
        loss=loss,
        seed=seed,
        steps=steps,
        batch_size=32,
        learning_rate=2e-3,
        samples=500,
        evaluators=("stability", "validity"),
    )


def main() -> None:
    """Run the study and write its result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--losses", type=comma_list, default=["mse", "energy_gated"])
    parser.add_argument("--seeds", type=seeds, default=(0, 1, 2), metavar="N|A,B")
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    for seed in options.seeds:
        for loss in options.losses:
            specs = [spec(loss, seed, options.steps)]
            run_study("generate", specs, options.work, workers=options.workers, threads=1)
            collect(options.work, options.steps)


def collect(work: Path, steps: int) -> None:
    """Write what every finished run measured."""
    runs = [
        (one, result)
        for seed in range(10)
        for loss in ("mse", "energy_gated", "energy", "kabsch")
        if (result := finished(one := spec(loss, seed, steps), work))
    ]
    rows: list[dict[str, Any]] = [
        {"loss": one.loss, "seed": one.seed, **measured["labels"], **measured["values"]}
        for one, result in runs
        for measured in result["measurements"]
    ]
    real = GeneratorExperiment().baselines(runs[0][0], work)
    write_json(
        RESULT,
        {
            "what": f"qm7, at most four heavy atoms; {steps} steps of 32 molecules, 500 sampled",
            "environment": environment(),
            "spec": runs[0][0].to_dict(),
            "ceiling": {m["labels"]["generator"]: m["values"] for m in real},
            "rows": rows,
        },
    )


if __name__ == "__main__":
    main()
