"""Errors on validation molecules in the course of the longest runs, both axes logarithmic."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from protocol import ENTRIES, TRACKS
from rows import rows

from pyg_energyloss.experiments.plots import curve_series
from pyg_energyloss.report.kinds.curves import CurvePanel, Curves, draw
from pyg_energyloss.report.plots import save

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "contest.png"
#: Of ten points, those that are evenly spread on a logarithmic axis.
SHOWN = (0.1, 0.2, 0.5, 1.0)
PANELS = (("val_bond_mae", "bond lengths, MAE / Å"), ("val_distance_mae", "all distances, MAE / Å"))


def draw_curves() -> Path | None:
    """Draw what is there of the longest runs of each track; None if there is nothing."""
    table = rows("table")
    panels = [panel for track in TRACKS for panel in panels_of(track, table)]
    if not panels:
        return None
    names = [who.name for who in ENTRIES]
    data: Curves = {"panels": panels, "rows": max(1, len(panels) // 2), "markers": False}
    return save(draw(data, names), PICTURE)


def panels_of(track: str, table: Sequence[dict[str, Any]]) -> list[CurvePanel]:
    """A panel for each error."""
    of_track = [row for row in table if row["track"] == track]
    longest = max((row["spec"]["steps"] for row in of_track), default=0)
    shown = {round(part * longest) for part in SHOWN}
    runs = [
        {**row, "history": [point for point in row["history"] if point["step"] in shown]}
        for row in of_track
        if row["spec"]["steps"] == longest
    ]
    return [
        {
            "title": f"{TRACKS[track].about}: {head}",
            "x": {"label": "optimiser step", "log": True},
            "y": {"label": head, "log": True},
            "series": [
                curve_series(who.name, of_who, metric)
                for who in ENTRIES
                if (of_who := [run for run in runs if run["entry"] == who.name])
            ],
        }
        for metric, head in PANELS
        if runs
    ]
