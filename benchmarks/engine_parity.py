"""Same seeds, same figures: a study of an earlier release beside the same study made now.

    export PYG_ENERGYLOSS_ENGINE=torch         the same kernel for both
    energyloss compare --quick --out old       with the earlier release
    python benchmarks/engine_parity.py compare old/results.json --release b6781bb --work new

Compares every metric and every point of the training curves that both have, writes the largest
relative difference of each to results/engine_parity.json, the loss of the first steps of each run
and its metrics side by side. The compiled kernels round otherwise than those of earlier releases,
so that both studies use the engine of plain torch. A training amplifies rounding from step to step:
the first steps must agree to 1e-6, the last ones show how far that grows.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyg_energyloss.cli import compare, generate, spins
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.study import run_study
from pyg_energyloss.files import write_json

COMMANDS: dict[str, Any] = {"compare": compare, "generate": generate, "spins": spins}
METRICS = ("bond_mae", "rmsd", "atom_stable", "molecule_stable", "excess_energy")
RESULTS = Path(__file__).with_name("results") / "engine_parity.json"


def main() -> None:
    """Make the study again, compare, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", choices=COMMANDS)
    parser.add_argument("old", type=Path, help="results.json of the earlier release")
    parser.add_argument("--work", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--release", default="", help="commit of the earlier release")
    options, rest = parser.parse_known_args()
    command = argparse.ArgumentParser()
    COMMANDS[options.experiment].configure(command)
    chosen = command.parse_args(["--quick", "--out", str(options.work), *rest])
    options.work.mkdir(parents=True, exist_ok=True)
    specs = COMMANDS[options.experiment].specs_of(chosen)
    new = run_study(options.experiment, specs, options.work, workers=1)
    old = json.loads(options.old.read_text())
    found, beside = differences(old, new), side_by_side(old, new)
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known[options.experiment] = {
        "command": " ".join(["energyloss", options.experiment, "--quick", *rest]),
        "earlier release": options.release,
        "engine of the pair energy": os.environ.get("PYG_ENERGYLOSS_ENGINE", "auto"),
        "seeds": sorted({spec.seed for spec in specs}),
        "runs": len(new["runs"]),
        "failed": new["failed"],
        "largest relative difference": found,
        "runs side by side": beside,
        "environment": environment(),
    }
    write_json(RESULTS, known)
    print(json.dumps(found, indent=1))


def differences(old: dict[str, Any], new: Any) -> dict[str, dict[str, Any]]:
    """Largest relative difference of each metric over the runs, and how many values agree."""
    before = {(r["spec"]["model"], r["spec"]["loss"], r["spec"]["seed"]): r for r in old["runs"]}
    found: dict[str, dict[str, Any]] = {}

    for run in new["runs"]:
        spec = run["spec"]
        earlier = before[spec["model"], spec["loss"], spec["seed"]]
        for name, first, second in pairs(earlier, run):
            if not isinstance(first, (int, float)):
                continue
            entry = found.setdefault(name, {"values": 0, "equal": 0, "largest": 0.0})
            entry["values"] += 1
            entry["equal"] += first == second
            scale = max(abs(first), abs(second or 0.0)) or 1.0
            gap = math.inf if second is None else abs(first - second) / scale
            entry["largest"] = max(entry["largest"], gap)
    return found


def side_by_side(old: dict[str, Any], new: Any) -> list[dict[str, Any]]:
    """Of each run: whether its fields agree, losses along the curve, last metrics."""
    before = {(r["spec"]["model"], r["spec"]["loss"], r["spec"]["seed"]): r for r in old["runs"]}
    found = []
    for run in new["runs"]:
        spec = run["spec"]
        earlier = before[spec["model"], spec["loss"], spec["seed"]]
        steps = {row["step"]: row.get("loss") for row in run["history"]}
        curve = [
            {"step": row["step"], "earlier": row["loss"], "now": steps[row["step"]]}
            for row in earlier["history"]
            if row.get("loss") is not None and steps.get(row["step"]) is not None
        ]
        for row in curve:
            row["relative difference"] = abs(row["earlier"] - row["now"]) / abs(row["earlier"])
        metrics = {
            name: [first, second]
            for name, first, second in pairs(earlier, run)
            if name in METRICS and first is not None
        }
        shared = set(spec) & set(earlier["spec"])
        found.append(
            {
                "run": f"{spec['model']} + {spec['loss']}, seed {spec['seed']}",
                "fields that differ": sorted(k for k in shared if spec[k] != earlier["spec"][k]),
                "mean loss up to a step": curve,
                "metrics, earlier and now": metrics,
            }
        )
    return found


def pairs(earlier: dict[str, Any], run: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Name, earlier value and value now of all metrics and of the training curve."""
    for first, measured in zip(rows_of(earlier), run["measurements"], strict=True):
        for name, value in first.items():
            if name != "level":
                yield name, value, measured["values"].get(name)
    curve = {row["step"]: row for row in run["history"]}
    for row in earlier["history"]:
        for name, value in row.items():
            if name.startswith(("val_", "excess")) and row["step"] in curve:
                yield f"curve: {name}", value, curve[row["step"]].get(name)


def rows_of(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics of a run of the earlier release, a dictionary for each measurement."""
    metrics = result["metrics"]
    if isinstance(metrics, list):
        return metrics
    if "averaged" not in metrics:
        return [metrics]
    return [
        {name: value for of_one in metrics[weights].values() for name, value in of_one.items()}
        for weights in ("averaged", "last")
    ]


if __name__ == "__main__":
    main()
