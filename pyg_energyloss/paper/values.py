"""Means and spreads as cells of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyg_energyloss.paper.exhibit import NOT_MEASURED, Row
from pyg_energyloss.paper.sources import published
from pyg_energyloss.report.numbers import mean_sd


def cell(value: Mapping[str, Any] | None, *, digits: int = 1, factor: float = 1.0) -> str:
    """Write ``{"mean": ..., "sd": ...}`` as mean ± standard deviation.

    >>> cell({"mean": 0.5, "sd": 0.01}, factor=100)
    '50.0 ± 1.0'
    >>> cell(None)
    'not measured'
    """
    if value is None or value.get("mean") is None:
        return NOT_MEASURED
    return mean_sd(value, digits, factor=factor)


def published_rows(name: str, measured: Mapping[str, Sequence[str]]) -> tuple[Row, ...]:
    """Join the published lines of an exhibit with ``measured`` cells by label.

    Lines that only one side has get dashes for the published, "not measured" for the measured side.
    """
    table = published()[name]
    width = len(table["columns"])
    missing, absent = (NOT_MEASURED,) * width, ("–",) * width
    rows = [
        Row(label, tuple(cells), tuple(measured.get(label, missing)))
        for label, cells in table["rows"].items()
    ]
    extra = [label for label in measured if label not in table["rows"]]
    return tuple(rows + [Row(f"{label} (ours)", absent, tuple(measured[label])) for label in extra])
