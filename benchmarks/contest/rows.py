"""A finished run is one row: a JSON file of its own, so that nothing finished is ever lost."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from protocol import ENTRIES, MERIT, Entry, spec_of

from pyg_energyloss.experiments.data import load_splits
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.structures.evaluation import evaluate
from pyg_energyloss.experiments.structures.tasks import make_task
from pyg_energyloss.experiments.study import run_one
from pyg_energyloss.files import read_json, read_npz, write_text

#: Not in benchmarks/results, which is part of the installed package.
ROWS = Path(__file__).parent / "rows"
ERRORS = (*MERIT, "pair13_mae", "pair14_mae", "lddt", "acceptable")
#: Stage -> what is kept for each molecule, for paired tests.
OF_MOLECULES = {
    "table": ERRORS,
    "relaxed": ERRORS,
    "strain": (
        "energy_above_reference",
        "failed",
        "relaxation_energy",
        "relaxed_above_reference",
        "relaxed",
        "steps",
        "reference_steps",
        "relaxation_failed",
    ),
    "posebusters": ("pb_valid",),
}
#: Stages whose runs are told apart by the learning rate, too.
BY_RATE = ("tuning", "map")
#: What a row of true structures is called instead of a loss.
TRUTH = "truth"


def row_path(stage: str, who: Entry, track: str, *, steps: int, seed: int, rate: float) -> Path:
    """Where a run's row is, or will be."""
    name = re.sub(r"[^a-z0-9_.]+", "-", who.name)
    tail = f"-{rate:g}" if stage in BY_RATE else ""
    return ROWS / stage / f"{track}-{name}-{steps}-seed{seed}{tail}.json"


def make_row(
    stage: str, who: Entry, track: str, work: Path, *, steps: int, seed: int, rate: float
) -> dict[str, Any]:
    """Train, unless the work folder has the weights, and judge; unless the row is there."""
    path = row_path(stage, who, track, steps=steps, seed=seed, rate=rate)
    if path.exists():
        return _read(path)
    spec = spec_of(stage, who, track, steps=steps, seed=seed, rate=rate)
    result = run_one("compare", spec, work)
    values = result["measurements"][0]["values"]
    row = {
        "stage": stage,
        "track": track,
        "entry": who.name,
        "spec": result["spec"],
        "merit": merit(values),
        "values": values,
        "history": result["history"],
        **{k: result[k] for k in ("parameters", "step_ms", "train_seconds", "eval_seconds")},
        "environment": result["environment"],
    }
    row["molecules"] = of_molecules(stage, read_npz(work / "runs" / spec.key / "molecules.npz"))
    _write(path, row)
    print(told(row), flush=True)
    return row


def make_true_row(stage: str, track: str) -> None:
    """Judge the true structures as if they were predicted; unless the row is there."""
    path = true_row_path(stage, track)
    if path.exists():
        return
    spec = spec_of(stage, ENTRIES[0], track, steps=1, seed=0, rate=0.0)
    molecules = load_splits(spec.dataset, spec.dataset_options)[spec.eval_split]
    device = torch.device("cpu")
    found = evaluate(lambda batch: batch.pos, molecules, make_task(spec), spec, device=device)
    row = {
        "stage": stage,
        "track": track,
        "entry": TRUTH,
        "spec": spec.to_dict(),
        "merit": None,
        "values": found.measurements[0]["values"],
        "environment": environment(),
        "molecules": of_molecules(stage, found.molecules),
    }
    _write(path, row)


def true_row_path(stage: str, track: str) -> Path:
    """Where the row of the true structures is, or will be."""
    return ROWS / stage / f"{track}-{TRUTH}.json"


def of_molecules(stage: str, found: Mapping[str, Any]) -> dict[str, list[float | None]]:
    """What a row keeps for each molecule; what is not finite is null in JSON."""
    return {
        k: [float(f"{v:.5g}") if math.isfinite(v) else None for v in found[k].tolist()]
        for k in OF_MOLECULES.get(stage, ())
    }


def rows(stage: str) -> list[dict[str, Any]]:
    """All finished rows of a stage."""
    return [_read(path) for path in sorted((ROWS / stage).glob("*.json"))]


def merit(values: dict[str, float | None]) -> float:
    """Geometric mean in Å of the errors of bonds, all distances, and shape; favours no loss."""
    errors = [values.get(name) for name in MERIT]
    known: Sequence[float] = [e for e in errors if e is not None and math.isfinite(e)]
    return math.prod(known) ** (1 / len(MERIT)) if len(known) == len(MERIT) else math.inf


def told(row: dict[str, Any]) -> str:
    """A finished row in a line."""
    spec, values = row["spec"], row["values"]
    judged = ("median_energy_above_reference", "median_steps", "pb_valid")
    shown = (*MERIT, "lddt", "acceptable", *judged)
    numbers = "  ".join(f"{k} {values[k]:.3f}" for k in shown if values.get(k) is not None)
    return (
        f"{row['stage']} {row['track']} {row['entry']} {spec['steps']} seed {spec['seed']} "
        f"rate {spec['learning_rate']:g}: merit {row['merit']:.3f}  {numbers}  "
        f"{row['train_seconds']:.0f} + {row['eval_seconds']:.0f} s"
    )


def _write(path: Path, row: Mapping[str, Any]) -> None:
    # On one line, for the molecules are thousands of numbers.
    merit_of = row["merit"]
    finite = merit_of is not None and math.isfinite(merit_of)
    plain = {**row, "merit": merit_of if finite else None}
    write_text(path, json.dumps(plain, allow_nan=False) + "\n")


def _read(path: Path) -> dict[str, Any]:
    row = dict(read_json(path))
    if row["merit"] is None:  # what is not finite is null in JSON
        row["merit"] = math.inf
    return row
