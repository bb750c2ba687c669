"""From the rows of finished runs to one document: tables, trials, map."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from duels import Runs, duel, duels
from protocol import (
    ENTRIES,
    MERIT,
    SEEDS,
    STEPS,
    TRACKS,
    TUNING_SEED,
    TUNING_STEPS,
)
from rows import rows
from stages import STAGES
from tuning import tuned

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.summary import moments
from pyg_energyloss.files import write_json

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


def summarise() -> dict[str, Any]:
    """Write benchmarks/results/contest.json from all rows, and return it."""
    table, strained = rows("table"), rows("strain")
    document = {
        "protocol": {
            "tracks": {name: asdict(track) for name, track in TRACKS.items()},
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
            for track in TRACKS
            for steps in sorted({row["spec"]["steps"] for row in table if row["track"] == track})
            if (summarised := table_of(track, steps, table, strained))["rows"]
        ],
        "map": [
            {"entry": row["entry"], "merit": row["merit"], **errors(row)} for row in rows("map")
        ],
        "stages": {
            name: {"finished": sum(job.is_finished() for job in jobs), "planned": len(jobs)}
            for name, jobs in STAGES.items()
        },
        "environment": environment(),
    }
    write_json(RESULT, document)
    return document


def errors(row: Mapping[str, Any]) -> dict[str, float | None]:
    """The errors that the merit is made of."""
    return {name: row["values"][name] for name in MERIT}


def trials(tuning: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The best trial of each loss, by track, the best loss first."""
    best: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in tuning:
        who = row["track"], row["entry"]
        if who not in best or row["merit"] < best[who]["merit"]:
            best[who] = row
    return [
        {
            "track": track,
            "entry": name,
            "rate": row["spec"]["learning_rate"],
            "tried": sum((r["track"], r["entry"]) == (track, name) for r in tuning),
            "merit": row["merit"],
            **errors(row),
            "lddt": row["values"]["lddt"],
        }
        for (track, name), row in sorted(best.items(), key=lambda e: (e[0][0], e[1]["merit"]))
    ]


def table_of(
    track: str,
    steps: int,
    table: Sequence[Mapping[str, Any]],
    strained: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Mean and s.d. over seeds of each loss, and in which columns it is the best."""
    runs = {who.name: runs_of(who.name, track, steps, table) for who in ENTRIES}
    runs = {name: of_who for name, of_who in runs.items() if of_who}
    return {
        "track": track,
        "about": TRACKS[track].about,
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
                "strain": strain_of(runs_of(name, track, steps, strained)),
                "best": [metric for metric, *_ in COLUMNS if is_best(name, metric, runs)],
            }
            for name, of_who in runs.items()
        ],
        "duels": duels(runs),
    }


def runs_of(
    name: str, track: str, steps: int, table: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The rows of a loss, by seed."""
    found = [
        row
        for row in table
        if (row["entry"], row["track"], row["spec"]["steps"]) == (name, track, steps)
    ]
    return sorted(found, key=lambda row: row["spec"]["seed"])


def strain_of(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """GFN2-xTB energy above the true structure in eV, median over molecules; by seeds.

    A calculation that fails counts as an energy above all others. None if it was not done.
    """
    energies = [
        [math.inf if e is None else e for e in row["molecules"]["energy_above_reference"]]
        for row in runs
    ]
    if not energies:
        return None
    failed = sum(math.isinf(e) for of_seed in energies for e in of_seed)
    return {"median": moments([statistics.median(e) for e in energies]), "failed": failed}


def is_best(name: str, metric: str, runs: Runs) -> bool:
    """Whether it is ahead of each of the others by the paired test, over three seeds."""
    wanted = 1 if next(high for key, _, high, *_ in COLUMNS if key == metric) else -1
    means = {other: _mean(metric, of_other) for other, of_other in runs.items()}
    others = [other for other in runs if other != name]
    if not others or any(wanted * means[name] <= wanted * means[other] for other in others):
        return False
    against = (duel(name, other, metric, runs) for other in others)
    return all(found is not None and found.sign == wanted for found in against)


def _mean(metric: str, runs: Sequence[Mapping[str, Any]]) -> float:
    every = [v for row in runs for v in row["molecules"][metric] if v is not None]
    return statistics.fmean(every) if every else math.nan
