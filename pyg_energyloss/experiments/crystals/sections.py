"""Plots of a study of crystals, as plain data."""

from __future__ import annotations

from collections.abc import Sequence

from pyg_energyloss.experiments.plots import (
    Results,
    in_order,
    point_panel,
    points_of,
    section,
    training_curves,
)
from pyg_energyloss.report.document import Row, Section

#: Metrics that are drawn, with the head of their panel.
PANELS = (
    ("distance_mae", "neighbour distances, MAE / Å"),
    ("rmsd", "RMSD of matched crystals / spacing"),
    ("length_mae", "lattice lengths, MAE / Å"),
)


def sections(results: Results, rows: Sequence[Row]) -> list[Section]:
    """Errors by model and loss at each noise level, training curves."""
    levels = dict.fromkeys(row["labels"].get("noise", "") for row in rows)
    curves = training_curves(
        results,
        metric="val_distance_mae",
        label="validation distances, MAE / Å",
        log=True,
        text="Error of neighbour distances on validation crystals; band: range over seeds.",
    )
    return [*(_errors(rows, results, level) for level in levels), curves]


def _errors(rows: Sequence[Row], results: Results, level: str) -> Section:
    chosen = [row for row in rows if row["labels"].get("noise", "") == level]
    panels = []
    for metric, title in PANELS:
        series = [
            points_of(chosen, metric, loss, category="model", wanted={"loss": loss})
            for loss in in_order(results, "loss")
        ]
        if any(s["points"] for s in series):
            panels.append(point_panel(title, series, in_order(results, "model"), log=True))
    head = f"Errors on test crystals{f', noise {level}' if level else ''}"
    text = "By model and loss, logarithmic, lower is better; bars: standard deviation."
    return section("dots", head, text, panels=panels, horizontal=False)
