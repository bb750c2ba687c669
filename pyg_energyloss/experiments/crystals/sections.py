"""Plots of a study of crystals, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyg_energyloss.experiments.plots import point_panel, training_curves
from pyg_energyloss.report.document import Row, Section

#: Metrics that are drawn, with the head of their panel.
PANELS = (
    ("distance_mae", "neighbour distances, MAE / Å"),
    ("rmsd", "RMSD of matched crystals / spacing"),
    ("length_mae", "lattice lengths, MAE / Å"),
)


def sections(results: Sequence[Mapping[str, Any]], rows: Sequence[Row]) -> list[Section]:
    """Errors by model and loss at each noise level, training curves."""
    models = list(dict.fromkeys(r["spec"]["model"] for r in results))
    losses = list(dict.fromkeys(r["spec"]["loss"] for r in results))
    levels = list(dict.fromkeys(row["labels"].get("noise", "") for row in rows))
    found = [_errors(rows, models, losses, level) for level in levels]
    curves = training_curves(
        results,
        models,
        losses,
        metric="val_distance_mae",
        label="validation distances, MAE / Å",
        log=True,
        text="Error of neighbour distances on validation crystals; band: range over seeds.",
    )
    return [*found, curves]


def _errors(
    rows: Sequence[Row], models: Sequence[str], losses: Sequence[str], level: str
) -> Section:
    chosen = [row for row in rows if row["labels"].get("noise", "") == level]
    panels = [
        point_panel(chosen, metric, title, category="model", series="loss", order=(models, losses))
        for metric, title in PANELS
    ]
    return {
        "kind": "dots",
        "title": f"Errors on test crystals{f', noise {level}' if level else ''}",
        "text": "By model and loss, logarithmic, lower is better; bars: standard deviation.",
        "data": {
            "panels": [p for p in panels if any(s["points"] for s in p["series"])],
            "horizontal": False,
        },
    }
