"""What several of these scripts ask of the runs of a study."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyg_energyloss.experiments.spec import Spec
from pyg_energyloss.files import read_or_set_aside


def finished(spec: Spec, work: Path) -> dict[str, Any] | None:
    """result.json of a run, if it is there."""
    return read_or_set_aside(work / "runs" / spec.key / "result.json")


def metrics_of(spec: Spec, work: Path) -> dict[str, float] | None:
    """What a finished run measured, the first of its measurements (averaged weights)."""
    result = finished(spec, work)
    return None if result is None else result["measurements"][0]["values"]


def mean_sd(rows: Sequence[Mapping[str, float | None]]) -> dict[str, dict[str, float | None]]:
    """Mean and sample standard deviation (None for one row) of what all rows have."""
    found: dict[str, dict[str, float | None]] = {}
    for name in rows[0]:
        values = [value for row in rows if (value := row.get(name)) is not None]
        if len(values) == len(rows):
            sd = statistics.stdev(values) if len(values) > 1 else None
            found[name] = {"mean": statistics.fmean(values), "sd": sd}
    return found


def rows_by_level(
    results: Sequence[Mapping[str, Any]], levels: Sequence[float], about: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """A row for each noise level, if there are some, of runs that differ in their seed alone."""
    if not results:
        return []
    shared = {"seeds": len(results), "step_ms": min(result["step_ms"] for result in results)}
    return [
        {
            **about,
            **({} if level is None else {"noise": f"{level:g} Å"}),
            **shared,
            "values": mean_sd([result["measurements"][index]["values"] for result in results]),
        }
        for index, level in enumerate(levels or (None,))
    ]
