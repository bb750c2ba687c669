"""Several generators at equal steps and equal seeds, judged by the same evaluators."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyg_energyloss import registry
from pyg_energyloss.files import write_csv, write_json
from pyg_energyloss.metrics.generated import ceiling
from pyg_energyloss.training.compare import environment
from pyg_energyloss.training.generate_run import load_result
from pyg_energyloss.training.generate_spec import GenerateSpec
from pyg_energyloss.training.jobs import Event, Job
from pyg_energyloss.training.run import load_splits
from pyg_energyloss.training.run_all import run_all
from pyg_energyloss.training.summary import moments

#: Real molecules that the ceiling is measured on, and compared with.
CEILING_MOLECULES = 1000


@dataclass(frozen=True)
class Generated:
    """What came of a study: results, what real molecules score, errors by run."""

    results: list[dict[str, Any]]
    ceiling: dict[str, Any]
    errors: dict[str, str]


def check_names(specs: Sequence[GenerateSpec]) -> None:
    """Look every name up, so that a misspelt one ends before anything runs.

    Raises:
        UnknownNameError: a name is not registered; the message lists the choices.
    """
    for spec in specs:
        registry.get("dataset", spec.dataset)
        registry.get("model", spec.model)
        registry.get("loss", spec.loss)
        for name in spec.evaluators:
            registry.get("evaluator", name)


def run_generators(
    specs: Sequence[GenerateSpec], out: Path, *, workers: int, threads: int
) -> Generated:
    """Run what is not finished yet, and write results.json and metrics.csv after every run.

    Args:
        specs: Of one data set, whose evaluators are the same.
        out: Folder for results; finished runs found there are kept and not run again.
        workers: Processes.
        threads: Threads of each.

    Returns:
        Results and errors. Ctrl-C (KeyboardInterrupt) passes through after the files are written.
    """
    finished = {s.key: r for s in specs if (r := load_result(out, s)) is not None}
    names = {f"{title(s)} ({s.key[-8:]})": s for s in specs if s.key not in finished}
    jobs = [
        Job(
            name,
            "pyg_energyloss.training.generate_run:train_and_sample",
            {"spec": spec.to_dict(), "out": str(out)},
        )
        for name, spec in names.items()
    ]
    highest, errors = real_ceiling(specs[0]), dict[str, str]()
    started = time.perf_counter()

    def generated() -> Generated:
        return Generated([finished[s.key] for s in specs if s.key in finished], highest, errors)

    def save() -> None:
        write_results(out, specs, generated(), seconds=time.perf_counter() - started)

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
    return generated()


def real_ceiling(spec: GenerateSpec) -> dict[str, Any]:
    """What held-out real molecules score, against the training molecules."""
    splits = load_splits(spec.dataset, spec.dataset_options)
    train, test = splits["train"], splits["test"]
    held_out = [test[i] for i in range(min(CEILING_MOLECULES, len(test)))]
    real = [train[i] for i in range(len(train))]
    return dict(ceiling(real, held_out, spec.evaluators))


def write_results(
    out: Path, specs: Sequence[GenerateSpec], generated: Generated, *, seconds: float
) -> None:
    """Write results.json (all runs, summary, versions) and metrics.csv (one line per run)."""
    write_json(
        out / "results.json",
        {
            "specs": [spec.to_dict() for spec in specs],
            "environment": environment(),
            "seconds": seconds,
            "ceiling": generated.ceiling,
            "summary": summarise(generated.results),
            "errors": generated.errors,
            "runs": generated.results,
        },
    )
    keys = ("dataset", "model", "loss", "seed", "steps", "batch_size", "learning_rate", "fraction")
    rows = [
        {
            **{k: r["spec"][k] for k in keys},
            "weights": weights,
            **flat(metrics),
            "step_ms": r["step_ms"],
            "train_seconds": r["train_seconds"],
        }
        for r in generated.results
        for weights, metrics in r["metrics"].items()
    ]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    write_csv(out / "metrics.csv", columns or list(keys), rows)


def flat(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Metrics of all evaluators in one dictionary, without what is no number."""
    return {
        name: value
        for of_one in metrics.values()
        for name, value in of_one.items()
        if isinstance(value, (int, float))
    }


def summarise(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return mean and sample standard deviation over seeds for each kind of run and weights."""
    groups: dict[tuple[str, str, str, str], list[dict[str, float]]] = {}
    for result in results:
        spec = GenerateSpec.from_dict(result["spec"])
        for weights, metrics in result["metrics"].items():
            kind = (spec.label, spec.model, spec.loss, weights)
            groups.setdefault(kind, []).append(flat(metrics))
    return [
        {
            **dict(zip(("label", "model", "loss", "weights"), kind, strict=True)),
            "seeds": len(values),
            "metrics": moments(values),
        }
        for kind, values in groups.items()
    ]


def title(spec: GenerateSpec) -> str:
    """What a run is called in progress and errors."""
    return f"{spec.label}, seed {spec.seed}"


def _note(result: Mapping[str, Any]) -> str:
    values = flat(result["metrics"]["averaged"])
    parts = [
        f"{label} {100 * values[name]:.1f} %"
        for label, name in (("stable atoms", "atom_stable"), ("molecules", "molecule_stable"))
        if name in values
    ]
    return ", ".join([*parts, f"{result['train_seconds'] + result['sample_seconds']:.0f} s"])
