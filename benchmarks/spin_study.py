"""What closes the gap between a classification loss and the true energy: one variant at a time.

    python benchmarks/spin_study.py            (about an hour on two cores)

Data, steps and batches are those of `energyloss spins`. Each variant gets the learning rate, of
1e-3, 3e-3 and 1e-2, that is best on other systems with another seed (the figure of merit of
``spin_tuning.py``), and is then run with seeds 0, 1, 2 on the test systems. "in a frame" is the
residual network that reads the couplings relative to a tree of the strongest bonds,
"message passing" is spin_gnn. A run that is finished is not repeated; the result holds the
variants for which all seeds are there.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from runs import finished, mean_sd, metrics_of
from spin_tuning import DATA as VALIDATION
from spin_tuning import PRESET, RATES, late_excess, run_specs
from spin_tuning import SEED as VALIDATION_SEED

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.spins.experiment import SpinExperiment
from pyg_energyloss.experiments.spins.spec import SpinSpec
from pyg_energyloss.files import write_json
from pyg_energyloss.report import numbers

CNN: tuple[str, dict[str, Any]] = ("spin_cnn", {"width": PRESET["width"]})
FRAME: tuple[str, dict[str, Any]] = ("spin_cnn", {"width": PRESET["width"], "frame": True})
GNN: tuple[str, dict[str, Any]] = ("spin_gnn", {"width": PRESET["width"]})
#: name -> model with its options, loss, options of the loss.
VARIANTS: dict[str, tuple[tuple[str, dict[str, Any]], str, dict[str, Any]]] = {
    "cross-entropy": (CNN, "spin_cross_entropy", {}),
    "margin 1": (CNN, "spin_margin", {}),
    "margin 3": (CNN, "spin_margin", {"margin": 3.0}),
    "local field": (CNN, "local_field", {}),
    "cross-entropy, flip min": (CNN, "spin_cross_entropy+flip", {}),
    "margin 3, flip min": (CNN, "spin_margin+flip", {"margin": 3.0}),
    "local field, flip min": (CNN, "local_field+flip", {}),
    "local field, flip overlap": (CNN, "local_field", {"flip": "overlap"}),
    "local field, flip soft": (CNN, "local_field", {"flip": "soft"}),
    "springs between spins": (CNN, "target_bond", {}),
    "springs between spins, T 0.3": (CNN, "target_bond", {"temperature": 0.3}),
    "springs between spins, T 0.03": (CNN, "target_bond", {"temperature": 0.03}),
    "true energy": (CNN, "true_energy", {}),
    "true energy, T 0.3": (CNN, "true_energy", {"temperature": 0.3}),
    "in a frame, cross-entropy, flip min": (FRAME, "spin_cross_entropy+flip", {}),
    "in a frame, margin 3, flip min": (FRAME, "spin_margin+flip", {"margin": 3.0}),
    "in a frame, local field, flip min": (FRAME, "local_field+flip", {}),
    "in a frame, springs between spins": (FRAME, "target_bond", {}),
    "in a frame, springs between spins, T 0.3": (FRAME, "target_bond", {"temperature": 0.3}),
    "in a frame, true energy": (FRAME, "true_energy", {}),
    "in a frame, true energy, T 0.3": (FRAME, "true_energy", {"temperature": 0.3}),
    "message passing, local field, flip min": (GNN, "local_field+flip", {}),
    "message passing, springs between spins": (GNN, "target_bond", {}),
    "message passing, true energy": (GNN, "true_energy", {}),
}
METRICS = ("excess_energy", "excess_greedy", "overlap", "satisfied")
SEEDS = (0, 1, 2)
TEST = {**VALIDATION, "data_seed": 0}
RESULT = Path(__file__).parent / "results" / "spin_study.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/spin_study"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="variants whose names hold it")
    parser.add_argument("--collect", action="store_true", help="only tabulate finished runs")
    options = parser.parse_args()
    first = _spec("cross-entropy", TEST, SEEDS[0], RATES[0])
    experiment = SpinExperiment()
    experiment.prepare([first], options.work, lambda *_: None)
    baselines = {
        found["labels"]["loss"]: {"metrics": found["values"]}
        for found in experiment.baselines(first, options.work)
    }
    chosen = [n for n in VARIANTS if not options.only or any(t in n for t in options.only)]
    if not options.collect:
        for name in chosen:
            run_specs(
                [_spec(name, VALIDATION, VALIDATION_SEED, rate) for rate in RATES],
                options.work,
                options.workers,
            )
            rate = _best(name, options.work)[0]
            run_specs(
                [_spec(name, TEST, seed, rate) for seed in SEEDS], options.work, options.workers
            )
            _report(options.work, baselines)
    _report(options.work, baselines)


def _spec(name: str, data: dict[str, Any], seed: int, rate: float) -> SpinSpec:
    (model, model_options), loss, loss_options = VARIANTS[name]
    return SpinSpec(
        **data,
        sweeps=PRESET["sweeps"],
        model=model,
        loss=loss,
        seed=seed,
        steps=PRESET["steps"],
        batch_size=PRESET["batch_size"],
        learning_rate=rate,
        model_options=model_options,
        loss_options=loss_options,
    )


def _best(name: str, work: Path) -> tuple[float, dict[str, float]]:
    """The best rate, and the merit of each that was tried."""
    merit = {
        f"{rate:g}": late_excess(
            finished(_spec(name, VALIDATION, VALIDATION_SEED, rate), work) or {}
        )
        for rate in RATES
    }
    return float(min(merit, key=lambda rate: merit[rate])), merit


def _report(work: Path, baselines: dict[str, Any]) -> None:
    rows: dict[str, Any] = {}
    for name in VARIANTS:
        tried = [_spec(name, VALIDATION, VALIDATION_SEED, rate) for rate in RATES]
        if any(finished(spec, work) is None for spec in tried):
            continue
        rate, merit = _best(name, work)
        found = [metrics_of(_spec(name, TEST, seed, rate), work) for seed in SEEDS]
        values = [{m: v[m] for m in METRICS} for v in found if v is not None]
        if len(values) < len(SEEDS):
            continue
        rows[name] = {"learning_rate": rate, "validation": merit, **mean_sd(values)}
        excess = rows[name]["excess_energy"]
        print(f"{name:40s} {rate:g}  {numbers.mean_sd(excess, 2)}", flush=True)
    print(flush=True)
    document = {
        "what": "excess energy on the test systems, mean and s.d. over seeds, rates tuned apart",
        "settings": {**PRESET, "seeds": SEEDS, "rates": RATES},
        "environment": environment(),
        "variants": rows,
        "baselines": baselines,
    }
    write_json(RESULT, document)


if __name__ == "__main__":
    main()
