"""Bonds against all distances and against the shape: the front of each track."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from front import compared
from protocol import ENTRIES
from summary import RESULT

from pyg_energyloss.files import read_json
from pyg_energyloss.report.plots import (
    PAPER,
    colour,
    figure,
    legend_below,
    marker,
    save,
)

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "contest_front.png"
AGAINST = (("distance_mae", "all distances, MAE / Å"), ("rmsd", "RMSD / Å"))


def draw_front() -> Path | None:
    """Draw the longest table of each track that all common losses are in; None if there is none."""
    tables = compared(read_json(RESULT)["tables"])
    if not tables:
        return None
    size = (9.0, 3.4 * len(tables) + 0.8)
    made, axes = figure(nrows=len(tables), ncols=len(AGAINST), figsize=size)
    for table, places in zip(tables, axes, strict=True):
        for place, (metric, head) in zip(places, AGAINST, strict=True):
            for row in table["rows"]:
                _draw(place, row, metric)
            place.set_xlabel("bond lengths, MAE / Å")
            place.set_ylabel(head)
            place.set_title(f"{table['about']}, {table['steps']} steps")
    legend_below(made, axes.flat)
    return save(made, PICTURE)


def _draw(place: Any, row: Mapping[str, Any], metric: str) -> None:
    """A point with its standard deviations; filled if its loss is on the front."""
    names, name = [who.name for who in ENTRIES], row["entry"]
    x, y = (row["values"][key] for key in ("bond_mae", metric))
    if x is None or y is None:
        return
    shade = colour(names, name)
    place.errorbar(
        x["mean"],
        y["mean"],
        xerr=x["sd"],
        yerr=y["sd"],
        fmt=marker(names, name),
        color=shade,
        markerfacecolor=shade if row["beaten_by"] == [] else PAPER,
        markersize=8,
        capsize=3,
        linestyle="none",
        label=name,
    )
