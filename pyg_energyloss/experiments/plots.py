"""Series and panels of plots from results and rows, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyg_energyloss.report.document import (
    CurvePanel,
    Line,
    PointPanel,
    PointSeries,
    Row,
    Section,
    Series,
)


def spec_key(result: Mapping[str, Any], *names: str) -> tuple[Any, ...]:
    """Fields of a run's spec."""
    return tuple(result["spec"][name] for name in names)


def curve_series(label: str, results: Sequence[Mapping[str, Any]], metric: str) -> Series:
    """One metric of the training curves of runs that differ in the seed.

    >>> run = {"history": [{"step": 0, "loss": 2.0}, {"step": 5, "loss": 1.0}]}
    >>> curve_series("a", [run, run], "loss")
    {'label': 'a', 'x': [0, 5], 'values': [[2.0, 2.0], [1.0, 1.0]]}
    """
    at: dict[float, list[float]] = {}
    for result in results:
        for row in result["history"]:
            if row.get(metric) is not None:
                at.setdefault(row["step"], []).append(row[metric])
    steps = sorted(at)
    return {"label": label, "x": steps, "values": [at[step] for step in steps]}


def training_curves(
    results: Sequence[Mapping[str, Any]],
    models: Sequence[str],
    losses: Sequence[str],
    *,
    metric: str,
    label: str,
    log: bool,
    text: str,
) -> Section:
    """A metric during training, a panel for each model and a curve for each loss."""
    panels: list[CurvePanel] = [
        {
            "title": model,
            "x": {"label": "optimiser step", "log": False},
            "y": {"label": label, "log": log},
            "series": [
                curve_series(
                    loss,
                    [r for r in results if spec_key(r, "model", "loss") == (model, loss)],
                    metric,
                )
                for loss in losses
            ],
        }
        for model in models
    ]
    return {
        "kind": "curves",
        "title": "Training",
        "text": text,
        "data": {"panels": panels, "rows": 1, "markers": False},
    }


def points_of(
    rows: Sequence[Row],
    metric: str,
    label: str,
    *,
    category: str,
    wanted: Mapping[str, str] | None = None,
    hollow: bool = False,
) -> PointSeries:
    """A metric of the rows that have all the wanted labels, a point for each category."""
    chosen = [row for row in rows if (wanted or {}).items() <= row["labels"].items()]
    found = [(row["labels"][category], row["values"].get(metric)) for row in chosen]
    return {
        "label": label,
        "hollow": hollow,
        "points": [
            {"category": name, "mean": m["mean"], "sd": m["sd"]}
            for name, m in found
            if m is not None and m["mean"] is not None
        ],
    }


def point_panel(
    rows: Sequence[Row],
    metric: str,
    title: str,
    *,
    category: str,
    series: str,
    order: tuple[Sequence[str], Sequence[str]],
    log: bool = True,
    lines: Sequence[Line] = (),
) -> PointPanel:
    """A metric by two labels: a category for each value of one, a series for each of the other."""
    categories, names = order
    return {
        "title": title,
        "axis": {"label": title, "log": log},
        "categories": list(categories),
        "series": [
            points_of(rows, metric, name, category=category, wanted={series: name})
            for name in names
        ],
        "lines": list(lines),
    }
