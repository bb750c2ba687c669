"""From the rows of finished runs to one document: tables, trials, map."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conformer_sets import conformers
from duels import Runs, duel, duels
from front import beaten_by, choice
from judges import COLUMNS as JUDGED
from judges import TESTED, judged_of, tested
from networks import networks
from protocol import (
    ENTRIES,
    MERIT,
    SEEDS,
    STEPS,
    TRACKS,
    TUNING_SEED,
    TUNING_STEPS,
)
from rows import TRUTH, rows
from stages import STAGES, races_of
from tuning import tuned

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.summary import moments
from pyg_energyloss.files import write_json

RESULT = Path(__file__).parents[1] / "results" / "contest.json"
#: Stage of a table -> what its title adds to that of the track.
JUDGED_ON = {"table": "", "relaxed": ", judged on GFN2-xTB structures"}
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
    table, tuning = rows("table"), rows("tuning")
    plain = [*tables_of("table", table)]
    tables = [*plain, *tables_of("relaxed", rows("relaxed"))]
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
        "trials": trials(tuning),
        "tables": tables,
        "choice": choice(tables),
        "networks": networks(plain, table),
        "conformers": conformers(),
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


def tables_of(stage: str, table: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """A table for each track and number of steps that a stage has rows of."""
    others = (rows("strain"), rows("posebusters")) if stage == "table" else ((), ())
    for track in TRACKS:
        for steps in sorted({row["spec"]["steps"] for row in table if row["track"] == track}):
            yield table_of(track, steps, table, *others, stage=stage)


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
    busted: Sequence[Mapping[str, Any]] = (),
    *,
    stage: str = "table",
) -> dict[str, Any]:
    """Mean and s.d. over seeds of each loss, in which columns it is the best, who beats it."""
    runs = {who.name: runs_of(who.name, track, steps, table) for who in ENTRIES}
    runs = {name: of_who for name, of_who in runs.items() if of_who}
    beaten = beaten_by(runs)
    judged = {
        name: tuple(runs_of(name, track, steps, of) for of in (strained, busted)) for name in runs
    }
    told_apart = {name: tested(*of) for name, of in judged.items() if all(of)}
    return {
        "track": track,
        "about": TRACKS[track].about + JUDGED_ON[stage],
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
                "best": [
                    metric
                    for metric, _, high, *_ in COLUMNS
                    if is_best(name, metric, runs, high=high)
                ],
                "beaten_by": beaten.get(name),
                "judged": judged_of(*judged[name]),
                "judged_best": [
                    key
                    for key, _, high, _ in JUDGED
                    if key in TESTED
                    and name in told_apart
                    and is_best(name, key, told_apart, high=high)
                ],
            }
            for name, of_who in runs.items()
        ],
        "truth": judged_of(*([r for r in of if is_truth(r, track)] for of in (strained, busted))),
        "missing": missing(stage, track, steps, runs),
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


def is_truth(row: Mapping[str, Any], track: str) -> bool:
    """Whether it is the row of the true structures of a track."""
    return (row["entry"], row["track"]) == (TRUTH, track)


def missing(stage: str, track: str, steps: int, runs: Runs) -> dict[str, list[int]]:
    """Loss -> the seeds that are planned and not finished."""
    left: dict[str, list[int]] = {}
    for race in races_of(stage):
        if (race.track, race.steps) == (track, steps):
            done = [row["spec"]["seed"] for row in runs.get(race.who.name, ())]
            if race.seed not in done:
                left.setdefault(race.who.name, []).append(race.seed)
    return left


def is_best(name: str, metric: str, runs: Runs, *, high: bool = False) -> bool:
    """Whether it is ahead of each of the others by the paired test, over three seeds."""
    wanted = 1 if high else -1
    means = {other: _mean(metric, of_other) for other, of_other in runs.items()}
    others = [other for other in runs if other != name]
    if not others or any(wanted * means[name] <= wanted * means[other] for other in others):
        return False
    against = (duel(name, other, metric, runs) for other in others)
    return all(found is not None and found.sign == wanted for found in against)


def _mean(metric: str, runs: Sequence[Mapping[str, Any]]) -> float:
    every = [v for row in runs for v in row["molecules"][metric] if v is not None]
    return statistics.fmean(every) if every else math.nan
