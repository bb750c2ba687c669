"""Means and standard deviations over seeds: one rule for all studies."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyg_energyloss.report.document import Column, Moments, Row

Labels = Mapping[str, str]
#: Labels of runs that differ in the seed alone, and what each of them measured.
Labelled = tuple[Labels, Mapping[str, float | None]]


def moments(values: Iterable[float | None], *, scale: float = 1.0) -> Moments | None:
    """Return mean and sample standard deviation of the values that are there and finite.

    What is missing, NaN or infinite is left out and lowers ``n``; None if nothing is left.

    >>> moments([1.0, 3.0, None])
    {'mean': 2.0, 'sd': 1.4142135623730951, 'n': 2, 'values': [1.0, 3.0, None]}
    >>> moments([None]) is None
    True
    """
    scaled = [scale * v if v is not None and math.isfinite(v) else None for v in values]
    known = [v for v in scaled if v is not None]
    if not known:
        return None
    return {
        "mean": statistics.fmean(known),
        "sd": statistics.stdev(known) if len(known) > 1 else None,
        "n": len(known),
        "values": scaled,
    }


def summarise(
    measured: Iterable[Labelled], columns: Sequence[Column], failed: Iterable[tuple[Labels, str]]
) -> list[Row]:
    """Return a row for each combination of labels, in order of appearance.

    Args:
        measured: Labels and metrics of each run; a share is in [0, 1].
        columns: Tell which metrics are shown in %.
        failed: Labels of each run that failed, and its seed.
    """
    percent = {column["key"] for column in columns if column["unit"] == "%"}
    groups: dict[tuple[tuple[str, str], ...], list[Mapping[str, float | None]]] = {}
    for labels, metrics in measured:
        groups.setdefault(tuple(labels.items()), []).append(metrics)
    lost: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for labels, seed in failed:
        lost.setdefault(tuple(labels.items()), []).append(seed)
    rows: list[Row] = []
    for group in dict.fromkeys([*groups, *lost]):
        of_group = groups.get(group, [])
        names = dict.fromkeys(name for metrics in of_group for name in metrics)
        rows.append(
            {
                "labels": dict(group),
                "values": {
                    name: moments(
                        (metrics.get(name) for metrics in of_group),
                        scale=100.0 if name in percent else 1.0,
                    )
                    for name in names
                },
                "failed": lost.get(group, []),
            }
        )
    return rows


def mean_of(row: Row, key: str) -> float | None:
    """Mean of a column in a row, None if it is not known."""
    value = row["values"].get(key)
    return None if value is None else value["mean"]


def column(
    key: str,
    label: str,
    unit: str = "",
    *,
    better: Any = "low",
    digits: int = 3,
    terminal: bool = False,
    text: str = "",
) -> Column:
    """A `Column` in one line; a share with the unit "%" is shown times 100."""
    return Column(
        key=key, label=label, unit=unit, better=better, digits=digits, terminal=terminal, help=text
    )


def share(key: str, label: str, text: str, *, digits: int = 1, terminal: bool = False) -> Column:
    """A `Column` of shares in %, the more the better."""
    return column(key, label, "%", better="high", digits=digits, terminal=terminal, text=text)


def cost(key: str, label: str, text: str, *, digits: int = 1) -> Column:
    """A `Column` of figures that are told, not ranked."""
    return column(key, label, better=None, digits=digits, text=text)
