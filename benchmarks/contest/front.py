"""Which losses are not beaten in all three errors at once, and which is the best single choice."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from duels import FEWEST, Runs, duel
from protocol import MERIT, SECOND

#: The losses that run on every track where losses are compared.
COMMON = tuple(who.name for who in SECOND)


def beats(first: str, second: str, runs: Runs) -> bool:
    """Whether `first` is better in all three errors, in one of them by the paired test."""
    # What is surely worse is worse in its mean, too: the test is needed for "surely better" alone.
    if not all(_mean(runs[first], metric) < _mean(runs[second], metric) for metric in MERIT):
        return False
    found = (duel(first, second, metric, runs) for metric in MERIT)
    return any(difference is not None and difference.sign < 0 for difference in found)


def beaten_by(runs: Runs) -> dict[str, list[str]]:
    """Each loss with three seeds -> the losses that beat it; those of the front have none."""
    names = [name for name, of_who in runs.items() if len(of_who) >= FEWEST]
    return {
        name: [other for other in names if other != name and beats(other, name, runs)]
        for name in names
    }


def ratios(table: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Loss -> error -> how many times that of the best loss it is; losses with three seeds."""
    means = {
        row["entry"]: {metric: row["values"][metric]["mean"] for metric in MERIT}
        for row in table["rows"]
        if len(row["seeds"]) >= FEWEST and all(row["values"][metric] for metric in MERIT)
    }
    best = {metric: min(of[metric] for of in means.values()) for metric in MERIT if means}
    return {name: {m: of[m] / best[m] for m in MERIT} for name, of in means.items()}


def compared(tables: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The longest table of each track that has three seeds of all common losses."""
    longest: dict[str, Mapping[str, Any]] = {}
    for table in tables:
        if set(COMMON) <= set(ratios(table)):
            so_far = longest.setdefault(table["track"], table)
            if table["steps"] > so_far["steps"]:
                longest[table["track"]] = table
    return list(longest.values())


def choice(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The loss whose worst ratio to the best, over tracks and errors, is the smallest.

    Among the losses that all compared tables have, against the best of all in each table.
    """
    chosen = compared(tables)
    found = [(table, ratios(table)) for table in chosen]
    common = [n for n in (found[0][1] if found else {}) if all(n in of for _, of in found)]
    losses = {}
    for name in common:
        of_tables = [max((of[name][m], m) for m in MERIT) for _, of in found]
        worst, metric = max(of_tables)
        losses[name] = {
            "worst": worst,
            "metric": metric,
            "track": chosen[of_tables.index((worst, metric))]["track"],
            "tables": [ratio for ratio, _ in of_tables],
        }
    return {
        "tables": [{k: table[k] for k in ("track", "about", "steps")} for table in chosen],
        "losses": dict(sorted(losses.items(), key=lambda item: item[1]["worst"])),
    }


def _mean(runs: Sequence[Mapping[str, Any]], metric: str) -> float:
    values = [row["values"][metric] for row in runs]
    return math.inf if None in values else statistics.fmean(values)
