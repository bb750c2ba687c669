"""From the rows of finished runs to one document: tables, trials, map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from protocol import (
    BATCH_SIZE,
    DATASETS,
    ENTRIES,
    MERIT,
    MODEL_OPTIONS,
    SEEDS,
    STEPS,
    TUNING_SEED,
    TUNING_STEPS,
)
from rows import rows
from tuning import tuned

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.summary import moments
from pyg_energyloss.files import write_json
from pyg_energyloss.metrics import paired_difference

RESULT = Path(__file__).parents[1] / "results" / "contest.json"
#: Metric, head, whether high is good, digits, factor.
COLUMNS: tuple[tuple[str, str, bool, int, float], ...] = (
    ("bond_mae", "bonds Å", False, 3, 1.0),
    ("pair13_mae", "1-3 Å", False, 3, 1.0),
    ("pair14_mae", "1-4 Å", False, 3, 1.0),
    ("distance_mae", "D-MAE Å", False, 3, 1.0),
    ("rmsd", "RMSD Å", False, 3, 1.0),
    ("lddt", "lDDT %", True, 1, 100.0),
    ("acceptable", "acceptable %", True, 1, 100.0),
)
#: Fewer seeds than this are no ground for calling anything the best.
FEWEST = 3

Runs = Mapping[str, Sequence[Mapping[str, Any]]]


def summarise() -> dict[str, Any]:
    """Write benchmarks/results/contest.json from all rows, and return it."""
    table = rows("table")
    document = {
        "protocol": {
            "models": MODEL_OPTIONS,
            "datasets": DATASETS,
            "batch_size": BATCH_SIZE,
            "seeds": SEEDS,
            "steps": STEPS,
            "tuning_steps": TUNING_STEPS,
            "tuning_seed": TUNING_SEED,
            "merit": MERIT,
        },
        "tuning": tuned(),
        "trials": trials(rows("tuning")),
        "tables": [
            summarised
            for model in DATASETS
            for steps in STEPS
            if (summarised := table_of(model, steps, table))["rows"]
        ],
        "map": [
            {"entry": row["entry"], "merit": row["merit"], **errors(row)} for row in rows("map")
        ],
        "environment": environment(),
    }
    write_json(RESULT, document)
    return document


def errors(row: Mapping[str, Any]) -> dict[str, float | None]:
    """The errors that the merit is made of."""
    return {name: row["values"][name] for name in MERIT}


def trials(tuning: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The best trial of each loss, by model, the best loss first."""
    best: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in tuning:
        who = row["spec"]["model"], row["entry"]
        if who not in best or row["merit"] < best[who]["merit"]:
            best[who] = row
    return [
        {
            "model": model,
            "entry": name,
            "rate": row["spec"]["learning_rate"],
            "tried": sum((r["spec"]["model"], r["entry"]) == (model, name) for r in tuning),
            "merit": row["merit"],
            **errors(row),
            "lddt": row["values"]["lddt"],
        }
        for (model, name), row in sorted(best.items(), key=lambda e: (e[0][0], e[1]["merit"]))
    ]


def table_of(model: str, steps: int, table: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Mean and s.d. over seeds of each loss, and in which columns it is the best."""
    runs: dict[str, list[Mapping[str, Any]]] = {}
    for who in ENTRIES:
        of_who = [
            row
            for row in table
            if (row["entry"], row["spec"]["model"], row["spec"]["steps"])
            == (who.name, model, steps)
        ]
        if of_who:
            runs[who.name] = sorted(of_who, key=lambda row: row["spec"]["seed"])
    return {
        "model": model,
        "dataset": DATASETS[model],
        "steps": steps,
        "rows": [
            {
                "entry": name,
                "seeds": [row["spec"]["seed"] for row in of_who],
                "rate": of_who[0]["spec"]["learning_rate"],
                "merit": moments([row["merit"] for row in of_who]),
                "values": {
                    metric: moments([row["values"][metric] for row in of_who], scale=factor)
                    for metric, _, _, _, factor in COLUMNS
                },
                "best": [metric for metric, *_ in COLUMNS if is_best(name, metric, runs)],
            }
            for name, of_who in runs.items()
        ],
    }


def is_best(name: str, metric: str, runs: Runs) -> bool:
    """Whether it is ahead of each of the others by the paired test, over three seeds."""
    wanted = 1 if next(high for key, _, high, *_ in COLUMNS if key == metric) else -1
    ours = {row["spec"]["seed"]: row["molecules"][metric] for row in runs[name]}
    for other, rows_of_other in runs.items():
        theirs = {row["spec"]["seed"]: row["molecules"][metric] for row in rows_of_other}
        if other == name:
            continue
        shared = sorted(ours.keys() & theirs.keys())
        if len(shared) < FEWEST:
            return False
        first, second = ([_numbers(of[seed]) for seed in shared] for of in (ours, theirs))
        if paired_difference(first, second).sign != wanted:
            return False
    return len(ours) >= FEWEST and len(runs) > 1


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]
