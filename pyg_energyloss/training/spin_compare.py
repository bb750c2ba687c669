"""The spin table: losses at equal steps and equal seeds, beside baselines that learn nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyg_energyloss import registry
from pyg_energyloss.files import write_csv, write_json
from pyg_energyloss.spins import SpinSystems, generate_systems
from pyg_energyloss.training.compare import environment
from pyg_energyloss.training.jobs import Event, Job
from pyg_energyloss.training.run_all import run_all
from pyg_energyloss.training.spin_defaults import spin_learning_rate
from pyg_energyloss.training.spin_run import FLIP_SUFFIX, load_result
from pyg_energyloss.training.spin_spec import SpinData, SpinRunSpec
from pyg_energyloss.training.summary import moments

#: Excess energies of the paper, 16 x 16: Kaba et al., arXiv 2511.02087, section 5.
PAPER = {
    "spin_cross_entropy": (58.8, 0.8),
    "spin_margin": (49.87, 1.5),
    "local_field": (45.6, 1.6),
    "true_energy": (14.6, 0.3),
}
_BASELINES = "baselines without learning"


@dataclass(frozen=True)
class SpinComparison:
    """What to compare.

    Attributes:
        data: The systems.
        models: Registered names.
        losses: Registered names, with ``+flip`` for the form blind to a global flip.
        seeds: Seeds, the same for every model and loss.
        steps: Optimiser steps, the same for every run.
        batch_size: Systems per step.
        learning_rate: Of Adam, at the peak of the schedule, for all runs; None takes the tuned one
            of each loss.
        sweeps: Of the simulated annealing baseline.
        schedule: "constant" or "cosine" (rise and fall).
        model_options: Options of each model's factory.
        loss_options: Options of each loss's factory.
    """

    data: SpinData
    models: Sequence[str]
    losses: Sequence[str]
    seeds: Sequence[int]
    steps: int
    batch_size: int
    learning_rate: float | None
    sweeps: int
    schedule: str = "constant"
    model_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    loss_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def specs(self) -> list[SpinRunSpec]:
        """All runs, seed after seed, so that a comparison cut short is still one."""
        return [
            SpinRunSpec(
                data=self.data,
                model=model,
                loss=loss,
                seed=seed,
                steps=self.steps,
                batch_size=self.batch_size,
                learning_rate=self.learning_rate or spin_learning_rate(loss),
                schedule=self.schedule,
                model_options=dict(self.model_options.get(model, {})),
                loss_options=dict(self.loss_options.get(loss, {})),
            )
            for seed in self.seeds
            for model in self.models
            for loss in self.losses
        ]


@dataclass(frozen=True)
class SpinOutcome:
    """What came of a comparison: finished runs, baselines, and errors by run."""

    results: list[dict[str, Any]]
    baselines: dict[str, Any]
    errors: dict[str, str]


def check_names(comparison: SpinComparison) -> None:
    """Look every name up, so that a misspelt one ends before anything runs.

    Raises:
        UnknownNameError: a name is not registered; the message lists the choices.
    """
    for name in comparison.models:
        registry.get("model", name)
    for name in comparison.losses:
        registry.get("loss", name.removesuffix(FLIP_SUFFIX))


def prepare_data(
    data: SpinData, out: Path, *, workers: int, progress: Callable[[int, int], None] | None = None
) -> Path:
    """Generate the systems unless they are there; return their file."""
    path = out / "data" / data.file_name
    if path.exists():
        SpinSystems.load(path)
        return path
    systems = generate_systems(
        data.train + data.test,
        data.size,
        periodic=data.periodic,
        seed=data.seed,
        workers=workers,
        progress=progress,
    )
    return systems.save(path)


def run_comparison(
    comparison: SpinComparison, out: Path, *, workers: int, threads: int
) -> SpinOutcome:
    """Run what is not finished yet, and write results.json and metrics.csv after every run.

    Args:
        comparison: What to compare; its systems are in ``out`` already, see `prepare_data`.
        out: Folder for results; finished runs found there are kept and not run again.
        workers: Processes.
        threads: Threads of each.

    Returns:
        Results, baselines and errors. Ctrl-C (KeyboardInterrupt) passes through after the files are
        written.
    """
    specs = comparison.specs()
    finished = {s.key: r for s in specs if (r := load_result(out, s)) is not None}
    baselines: dict[str, Any] = {}
    errors: dict[str, str] = {}
    names = {_title(s): s for s in specs if s.key not in finished}
    jobs = [_baseline_job(comparison, out)] + [
        Job(
            title,
            "pyg_energyloss.training.spin_run:train_and_evaluate",
            {"spec": spec.to_dict(), "out": str(out)},
        )
        for title, spec in names.items()
    ]
    started = time.perf_counter()

    def outcome() -> SpinOutcome:
        done = [finished[s.key] for s in specs if s.key in finished]
        return SpinOutcome(done, dict(baselines), dict(errors))

    def save() -> None:
        write_results(out, comparison, outcome(), time.perf_counter() - started)

    def done(event: Event) -> str:
        if event.job == _BASELINES:
            baselines.update(event.result)
            return ""
        finished[names[event.job].key] = event.result
        excess = event.result["metrics"]["excess_energy"]
        return f"excess energy {excess:.2f}, {event.result['train_seconds']:.0f} s"

    run_all(
        jobs,
        done=done,
        errors=errors,
        save=save,
        total=len(specs) + 1,
        workers=workers,
        threads=threads,
    )
    return outcome()


def write_results(
    out: Path, comparison: SpinComparison, outcome: SpinOutcome, seconds: float
) -> None:
    """Write results.json (all runs, summary, versions) and metrics.csv (one line per run)."""
    write_json(
        out / "results.json",
        {
            "comparison": {**vars(comparison), "data": vars(comparison.data)},
            "environment": environment(),
            "seconds": seconds,
            "paper": {name: {"mean": m, "sd": s} for name, (m, s) in PAPER.items()},
            "summary": summarise(outcome.results),
            "baselines": outcome.baselines,
            "errors": outcome.errors,
            "runs": outcome.results,
        },
    )
    keys = ("model", "loss", "seed", "steps", "batch_size", "learning_rate", "schedule")
    rows = [
        {**{k: r["spec"][k] for k in keys}, **r["metrics"], "train_seconds": r["train_seconds"]}
        for r in outcome.results
    ]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    write_csv(out / "metrics.csv", columns or list(keys), rows)


def summarise(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return mean and sample standard deviation over seeds for each model and loss."""
    groups: dict[tuple[str, str], list[Mapping[str, float]]] = {}
    for result in results:
        spec = result["spec"]
        groups.setdefault((spec["model"], spec["loss"]), []).append(result["metrics"])
    return [
        {
            "model": model,
            "loss": loss,
            "seeds": len(values),
            "metrics": moments(values),
        }
        for (model, loss), values in groups.items()
    ]


def _title(spec: SpinRunSpec) -> str:
    return f"{spec.model} + {spec.loss}, seed {spec.seed}"


def _baseline_job(comparison: SpinComparison, out: Path) -> Job:
    data = comparison.data
    return Job(
        _BASELINES,
        "pyg_energyloss.training.spin_run:evaluate_baselines",
        {
            "path": str(out / "data" / data.file_name),
            "first": data.train,
            "sweeps": comparison.sweeps,
            "seed": data.seed,
        },
    )
