"""What closes the gap between a classification loss and the true energy: one variant at a time.

Run from the repository:  python benchmarks/spin_study.py [--seeds 3] [--steps N]

Data, network, steps and seeds are those of `energyloss spins`; the learning rate is the paper's for
all, and the losses have their own default parameters. A run that is finished is not repeated. Other
temperatures, fields and margins are in the result of ``benchmarks/spin_tuning.py``.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from pyg_energyloss.cli import spins as command
from pyg_energyloss.report.files import write_json
from pyg_energyloss.training.compare import environment
from pyg_energyloss.training.jobs import Job, run_jobs
from pyg_energyloss.training.spin_compare import prepare_data
from pyg_energyloss.training.spin_defaults import PAPER_LEARNING_RATE
from pyg_energyloss.training.spin_run import load_result
from pyg_energyloss.training.spin_spec import SpinData, SpinRunSpec

VARIANTS = {
    "cross-entropy": ("spin_cross_entropy", {}),
    "cross-entropy, flip min": ("spin_cross_entropy+flip", {}),
    "margin": ("spin_margin", {}),
    "margin, flip min": ("spin_margin+flip", {}),
    "local field, h0 0": ("local_field", {"h0": 0}),
    "local field, h0 1": ("local_field", {}),
    "local field, h0 1, flip min": ("local_field+flip", {}),
    "local field, h0 1, flip overlap": ("local_field", {"flip": "overlap"}),
    "local field, h0 1, flip soft": ("local_field", {"flip": "soft"}),
    "springs between spins, T 0.1": ("target_bond", {}),
    "true energy, T 0.1": ("true_energy", {}),
}
HERE = Path(__file__).parent


def main():
    preset = {name: values[0] for name, values in command.PRESETS.items()}
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=preset["steps"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--collect", action="store_true", help="only tabulate finished runs")
    parser.add_argument("--work", type=Path, default=Path("runs/spins"), help="folder of the runs")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "spin_study.json")
    options = parser.parse_args()
    data = SpinData(
        preset["size"], periodic=False, train=preset["train"], test=preset["test"], seed=0
    )
    prepare_data(data, options.work, workers=options.workers)
    specs = {
        (name, seed): SpinRunSpec(
            data=data,
            model="spin_cnn",
            loss=loss,
            seed=seed,
            steps=options.steps,
            batch_size=preset["batch_size"],
            learning_rate=PAPER_LEARNING_RATE,
            model_options={"width": preset["width"]},
            loss_options=loss_options,
        )
        for seed in range(options.seeds)
        for name, (loss, loss_options) in VARIANTS.items()
    }
    jobs = [
        Job(
            f"{name}, seed {seed}",
            "pyg_energyloss.training.spin_run:train_and_evaluate",
            {"spec": spec.to_dict(), "out": str(options.work)},
        )
        for (name, seed), spec in specs.items()
        if not options.collect and load_result(options.work, spec) is None
    ]
    for event in run_jobs(jobs, workers=options.workers) if jobs else ():
        if event.kind == "done":
            print(f"{event.job}: {event.result['metrics']['excess_energy']:.2f}", flush=True)
        if event.kind == "failed":
            print(f"{event.job} failed: {event.error}", flush=True)
    rows = {}
    for name in VARIANTS:
        found = [load_result(options.work, specs[name, seed]) for seed in range(options.seeds)]
        values = [r["metrics"] for r in found if r is not None]
        if values:
            rows[name] = {
                metric: {
                    "mean": statistics.fmean(v[metric] for v in values),
                    "sd": statistics.stdev(v[metric] for v in values) if len(values) > 1 else None,
                    "seeds": len(values),
                }
                for metric in ("excess_energy", "excess_greedy", "overlap", "satisfied")
            }
            print(f"{name:36s} {rows[name]['excess_energy']['mean']:6.2f}")
    settings = {**preset, "steps": options.steps, "seeds": options.seeds}
    write_json(options.out, {"environment": environment(), "settings": settings, "variants": rows})


if __name__ == "__main__":
    main()
