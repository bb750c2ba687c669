"""Errors on validation molecules in the course of the longest runs, both axes logarithmic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from duels import FEWEST
from protocol import ENTRIES, TRACKS
from rows import rows
from speed import COMPARED

from pyg_energyloss.experiments.plots import curve_series
from pyg_energyloss.report.kinds.curves import CurvePanel, Curves, draw
from pyg_energyloss.report.plots import save

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "contest.png"
#: Of ten points, those that are evenly spread on a logarithmic axis.
SHOWN = (0.1, 0.2, 0.5, 1.0)
PANELS = (("val_bond_mae", "bond lengths, MAE / Å"), ("val_distance_mae", "all distances, MAE / Å"))


def draw_curves() -> Path | None:
    """Draw the longest runs of three seeds of each track that is about losses, and longer ones."""
    table = rows("table")
    panels = [
        panel
        for track in TRACKS
        if track not in COMPARED[1:]
        for steps in lengths(track, table)
        for panel in panels_of(track, steps, table)
    ]
    if not panels:
        return None
    names = [who.name for who in ENTRIES]
    data: Curves = {"panels": panels, "rows": max(1, len(panels) // 2), "markers": False}
    return save(draw(data, names), PICTURE)


def lengths(track: str, table: Sequence[dict[str, Any]]) -> list[int]:
    """The most steps that some loss has three seeds of, and what is longer."""
    runs = Counter((row["spec"]["steps"], row["entry"]) for row in table if row["track"] == track)
    steps = sorted({length for length, _ in runs})
    whole = max((length for (length, _), seeds in runs.items() if seeds >= FEWEST), default=0)
    return [length for length in steps if length >= whole]


def panels_of(track: str, steps: int, table: Sequence[dict[str, Any]]) -> list[CurvePanel]:
    """A panel for each error."""
    shown = {round(part * steps) for part in SHOWN}
    runs = [
        {**row, "history": [point for point in row["history"] if point["step"] in shown]}
        for row in table
        if (row["track"], row["spec"]["steps"]) == (track, steps)
    ]
    return [
        {
            "title": f"{TRACKS[track].about}\n{head}",
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
