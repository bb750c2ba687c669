"""The main job: several models with several losses at equal steps and equal seeds."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from pyg_energyloss import __version__, registry
from pyg_energyloss.files import write_csv, write_json
from pyg_energyloss.training.defaults import learning_rate
from pyg_energyloss.training.jobs import Event, Job
from pyg_energyloss.training.run import load_result
from pyg_energyloss.training.run_all import run_all
from pyg_energyloss.training.spec import RunSpec
from pyg_energyloss.training.summary import summarise

VERSIONED = ("torch", "torch-geometric", "lightning", "e3nn", "ase", "tblite", "rdkit", "numba")


@dataclass(frozen=True)
class Comparison:
    """What to compare.

    Attributes:
        task: "geometry" or "denoise".
        dataset: Registered name of the data set.
        models: Registered names.
        losses: Registered names.
        seeds: Seeds, the same for every model and loss.
        steps: Optimiser steps, the same for every run.
        batch_size: Graphs per step.
        eval_graphs: Test graphs evaluated.
        evaluators: Registered names, each with its options.
        levels: Noise levels of the task denoise, Å.
        learning_rate: For all runs; None takes the tuned one of each model and loss.
        dataset_options: Options of the data set's factory.
        model_options: Options of each model's factory.
    """

    task: str
    dataset: str
    models: Sequence[str]
    losses: Sequence[str]
    seeds: Sequence[int]
    steps: int
    batch_size: int
    eval_graphs: int
    evaluators: Mapping[str, Mapping[str, Any]]
    levels: Sequence[float] = ()
    learning_rate: float | None = None
    dataset_options: Mapping[str, Any] = field(default_factory=dict)
    model_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def specs(self) -> list[RunSpec]:
        """All runs, seed after seed, so that a run cut short is still a comparison."""
        return [
            RunSpec(
                task=self.task,
                dataset=self.dataset,
                model=model,
                loss=loss,
                seed=seed,
                steps=self.steps,
                batch_size=self.batch_size,
                learning_rate=self.learning_rate or learning_rate(model, loss),
                eval_graphs=self.eval_graphs,
                levels=tuple(self.levels),
                evaluators={name: dict(options) for name, options in self.evaluators.items()},
                dataset_options=dict(self.dataset_options),
                model_options=dict(self.model_options.get(model, {})),
            )
            for seed in self.seeds
            for model in self.models
            for loss in self.losses
        ]


@dataclass(frozen=True)
class Outcome:
    """What came of a comparison: results of finished runs, and errors by run."""

    results: list[dict[str, Any]]
    errors: dict[str, str]


def check_names(comparison: Comparison) -> None:
    """Look every name up, so that a misspelt one ends before anything runs.

    Raises:
        UnknownNameError: a name is not registered; the message lists the choices.
    """
    for kind, names in (
        ("dataset", [comparison.dataset]),
        ("model", comparison.models),
        ("loss", comparison.losses),
        ("evaluator", list(comparison.evaluators)),
    ):
        for name in names:
            registry.get(kind, name)


def run_comparison(comparison: Comparison, out: Path, *, workers: int, threads: int) -> Outcome:
    """Run what is not finished yet, and write results.json and metrics.csv after every run.

    Args:
        comparison: What to compare.
        out: Folder for results; finished runs found there are kept and not run again.
        workers: Processes.
        threads: Threads of each.

    Returns:
        Results and errors. Ctrl-C (KeyboardInterrupt) passes through after the files are written.
    """
    specs = comparison.specs()
    finished = {s.key: r for s in specs if (r := load_result(out, s)) is not None}
    errors: dict[str, str] = {}
    waiting = [s for s in specs if s.key not in finished]
    names = {_title(s): s for s in waiting}
    jobs = [
        Job(
            title,
            "pyg_energyloss.training.run:train_and_evaluate",
            {"spec": spec.to_dict(), "out": str(out)},
        )
        for title, spec in names.items()
    ]
    started = time.perf_counter()

    def outcome() -> Outcome:
        done = [finished[s.key] for s in specs if s.key in finished]
        return Outcome(done, dict(errors))

    def save() -> None:
        write_results(out, comparison, outcome(), seconds=time.perf_counter() - started)

    def done(event: Event) -> str:
        finished[names[event.job].key] = event.result
        return _note(event.result)

    save()
    run_all(
        jobs,
        done=done,
        errors=errors,
        save=save,
        total=len(specs),
        workers=workers,
        threads=threads,
    )
    return outcome()


def write_results(out: Path, comparison: Comparison, outcome: Outcome, *, seconds: float) -> None:
    """Write results.json (all runs, summary, versions) and metrics.csv (one line per run)."""
    write_json(
        out / "results.json",
        {
            "comparison": {**vars(comparison)},
            "environment": environment(),
            "seconds": seconds,
            "summary": summarise(outcome.results),
            "errors": outcome.errors,
            "runs": outcome.results,
        },
    )
    rows = [
        {
            **{k: result["spec"][k] for k in ("task", "dataset", "model", "loss", "seed")},
            **{k: result["spec"][k] for k in ("steps", "batch_size", "learning_rate")},
            **row,
            **{k: result[k] for k in ("step_ms", "peak_memory_mib", "train_seconds")},
        }
        for result in outcome.results
        for row in result["metrics"]
    ]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    write_csv(out / "metrics.csv", columns or ["task"], rows)


def environment() -> dict[str, Any]:
    """Versions, machine and date, for anyone who wants to repeat the figures."""
    versions: dict[str, str | None] = {}
    for name in VERSIONED:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
    return {
        "pyg_energyloss": __version__,
        "python": platform.python_version(),
        "versions": versions,
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "date": time.strftime("%Y-%m-%d %H:%M:%S %z"),
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()


def _title(spec: RunSpec) -> str:
    return f"{spec.model} + {spec.loss}, seed {spec.seed}"


def _note(result: Mapping[str, Any]) -> str:
    row = result["metrics"][-1]
    parts = [
        f"{label} {row[name]:.3f} Å"
        for label, name in (("bonds", "bond_mae"), ("RMSD", "rmsd"))
        if row.get(name) is not None
    ]
    seconds = result["train_seconds"] + result["eval_seconds"]
    return ", ".join([*parts, f"{seconds:.0f} s"])
