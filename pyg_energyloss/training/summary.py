"""Means and standard deviations over seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Column:
    """A metric as the tables show it.

    Attributes:
        metric: Key in the results.
        title: Head of the column, with unit.
        digits: Digits after the point.
        higher_is_better: Which end is the best.
        scale: Factor from the stored to the shown value.
        ranked: Whether the best of the column is marked.
    """

    metric: str
    title: str
    digits: int
    higher_is_better: bool = False
    scale: float = 1.0
    ranked: bool = True


COLUMNS = (
    Column("bond_mae", "bonds Å", 3),
    Column("pair13_mae", "1-3 Å", 3),
    Column("pair14_mae", "1-4 Å", 3),
    Column("rmsd", "RMSD Å", 3),
    Column("success", "<0.3 Å %", 1, higher_is_better=True, scale=100.0),
    # Medians: one torn molecule can have thousands of eV.
    Column("median_energy_above_reference", "xTB eV", 1),
    Column("median_max_force", "force eV/Å", 1),
    Column("step_ms", "ms/step", 1, ranked=False),
    Column("peak_memory_mib", "MiB", 0, ranked=False),
)

#: From here on only the order of magnitude is shown (energies of torn molecules).
HUGE = 1e4


def summarise(results: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Group results by model, loss and noise level, and average over seeds.

    Args:
        results: What runs returned.

    Returns:
        One row per group: ``model``, ``loss``, ``level``, ``seeds``, and for each metric its
        ``mean`` and ``sd`` (sample standard deviation, NaN for one seed) in ``metrics``.
    """
    groups: dict[tuple[str, str, float | None], list[dict[str, float]]] = {}
    for result in results:
        spec = result["spec"]
        for row in result["metrics"]:
            values = {k: v for k, v in row.items() if k != "level" and not k.startswith("n_")}
            values["step_ms"] = result["step_ms"]
            values["peak_memory_mib"] = result["peak_memory_mib"]
            groups.setdefault((spec["model"], spec["loss"], row["level"]), []).append(values)
    return [
        {
            "model": model,
            "loss": loss,
            "level": level,
            "seeds": len(values),
            "metrics": {name: _mean_sd(values, name) for name in sorted(set().union(*values))},
        }
        for (model, loss, level), values in groups.items()
    ]


def moments(rows: Sequence[Mapping[str, float | None]]) -> dict[str, dict[str, float | None]]:
    """Return mean and sample standard deviation (None for one row) of what all rows have.

    >>> moments([{"a": 1.0, "b": 0.0}, {"a": 3.0, "b": None}])["a"]["mean"]
    2.0
    """
    found: dict[str, dict[str, float | None]] = {}
    for name in rows[0]:
        values = [value for row in rows if (value := row.get(name)) is not None]
        if len(values) == len(rows):
            sd = statistics.stdev(values) if len(values) > 1 else None
            found[name] = {"mean": statistics.fmean(values), "sd": sd}
    return found


def _mean_sd(values: Sequence[Mapping[str, float]], name: str) -> dict[str, float]:
    known = [v[name] for v in values if v.get(name) is not None and math.isfinite(v[name])]
    return {
        "mean": statistics.fmean(known) if known else math.nan,
        "sd": statistics.stdev(known) if len(known) > 1 else math.nan,
    }


def table(
    rows: Sequence[Mapping[str, Any]],
) -> tuple[list[str], list[list[str]], list[list[bool]]]:
    """Columns, cells and marks (best of the table) of summary rows, ready to print.

    Args:
        rows: Summary rows of one noise level.
    """
    shown = [c for c in COLUMNS if any(_finite(row, c.metric) for row in rows)]
    cells, marks = [], []
    best = {c.metric: _best(rows, c) for c in shown}
    for row in rows:
        values = [_cell(row["metrics"].get(c.metric), c) for c in shown]
        cells.append([f"{row['model']} + {row['loss']}", *values])
        is_best = [
            _finite(row, c.metric) and row["metrics"][c.metric]["mean"] == best[c.metric]
            for c in shown
        ]
        marks.append([False, *is_best])
    return ["model + loss", *(c.title for c in shown)], cells, marks


def _best(rows: Sequence[Mapping[str, Any]], column: Column) -> float | None:
    """The best mean of a column; None if nothing is to be marked."""
    means: list[float] = [
        row["metrics"][column.metric]["mean"] for row in rows if _finite(row, column.metric)
    ]
    if not column.ranked or min(means) == max(means):
        return None
    return max(means) if column.higher_is_better else min(means)


def _finite(row: Mapping[str, Any], metric: str) -> bool:
    return metric in row["metrics"] and math.isfinite(row["metrics"][metric]["mean"])


def _cell(value: Mapping[str, float] | None, column: Column) -> str:
    if value is None or not math.isfinite(value["mean"]):
        return "–"
    mean = _number(column.scale * value["mean"], column.digits)
    if not math.isfinite(value["sd"]):
        return mean
    return f"{mean} ± {_number(column.scale * value['sd'], column.digits)}"


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if abs(value) < HUGE else f"{value:.0e}".replace("e+0", "e")
