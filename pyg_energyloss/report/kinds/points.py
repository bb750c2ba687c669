"""Sections of kinds "dots" and "bars": values of categories, with their standard deviations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np

from pyg_energyloss.report.document import Axis
from pyg_energyloss.report.plots import (
    INK,
    PAPER,
    SOFT,
    colour,
    figure,
    legend_below,
    log_scale,
    marker,
)

DASHES = ("--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)))


class Point(TypedDict):
    """A value of a category with its standard deviation, None for a single seed."""

    category: str
    mean: float
    sd: float | None


class PointSeries(TypedDict):
    """Points of one label; ``hollow`` ones are drawn as rings (a second figure of the same run)."""

    label: str
    hollow: bool
    points: list[Point]


class Line(TypedDict):
    """A value that stands for no category: a baseline, what real data score."""

    label: str
    value: float


class PointPanel(TypedDict):
    """One panel of dots or bars; ``axis`` is that of the values."""

    title: str
    axis: Axis
    categories: list[str]
    series: list[PointSeries]
    lines: list[Line]


class Points(TypedDict):
    """Kinds "dots" and "bars": panels side by side; ``horizontal`` puts categories on the left."""

    panels: list[PointPanel]
    horizontal: bool


def draw(data: Points, names: Sequence[str], *, bars: bool = False) -> Any:
    """Panels side by side; ``names`` that are categories are coloured by category."""
    panels, flat = data["panels"], data["horizontal"]
    most = max((len(p["categories"]) for p in panels), default=1)
    several = max((sum(not s["hollow"] for s in p["series"]) for p in panels), default=1)
    width, height = 3.1 * len(panels), 3.6
    if flat:
        width, height = max(8.0, 1.2 + 3.2 * len(panels)), 1.5 + 0.36 * most * max(1, several)
    made, axes = figure(ncols=max(1, len(panels)), figsize=(max(5.0, width), height))
    for index, (place, panel) in enumerate(zip(axes[0], panels, strict=False)):
        _draw(place, panel, names, flat=flat, bars=bars)
        categories = panel["categories"]
        ticks = range(len(categories))
        if flat:
            shown = categories if index == 0 or categories != panels[0]["categories"] else []
            place.set_yticks(ticks, shown or [""] * len(categories))
            place.set_ylim(len(categories) - 0.5, -0.5)
            place.set_xlabel(panel["axis"]["label"])
        else:
            place.set_xticks(ticks, categories)
            place.set_xlim(-0.5, len(categories) - 0.5)
        title = panel["title"]
        place.set_title("" if flat and title == panel["axis"]["label"] else title)
        place.grid(visible=False, axis="y" if flat else "x")
        which = "x" if flat else "y"
        if panel["axis"]["log"]:
            log_scale(place, which)
        elif all(p["mean"] >= 0 for s in panel["series"] for p in s["points"]):
            getattr(place, f"set_{which}lim")(**{"left" if flat else "bottom": 0})
    legend_below(made, axes.flat)
    return made


def _draw(place: Any, panel: PointPanel, names: Sequence[str], *, flat: bool, bars: bool) -> None:
    by_category = bool(panel["categories"]) and set(panel["categories"]) <= set(names)
    solid = [s for s in panel["series"] if not s["hollow"]]
    offsets = np.linspace(-0.3, 0.3, len(solid)) if len(solid) > 1 else np.zeros(1)
    place_of = {s["label"]: offset for s, offset in zip(solid, offsets, strict=False)}
    for series in panel["series"]:
        for point in series["points"]:
            at = panel["categories"].index(point["category"]) + place_of.get(series["label"], 0.0)
            name = point["category"] if by_category else series["label"]
            shade = colour(names, name) if name in names else SOFT
            mean, sd = point["mean"], point["sd"]
            # On a logarithmic axis an interval that reaches below zero ends just above it.
            error = None if sd is None else [[min(sd, 0.95 * abs(mean))], [sd]]
            if not panel["axis"]["log"]:
                error = None if sd is None else [[sd], [sd]]
            x, y = (mean, at) if flat else (at, mean)
            interval = {"xerr" if flat else "yerr": error}
            if bars:
                (place.barh if flat else place.bar)(at, mean, 0.7 / max(1, len(solid)), color=shade)
                place.errorbar(x, y, fmt="none", ecolor=INK, capsize=3, **interval)
                continue
            place.errorbar(
                x,
                y,
                fmt="o" if by_category or name not in names else marker(names, name),
                color=shade,
                markerfacecolor=PAPER if series["hollow"] else shade,
                markersize=7,
                capsize=3,
                **interval,
            )
        if by_category and len(panel["series"]) > 1:
            face = PAPER if series["hollow"] else SOFT
            place.plot([], [], "o", color=SOFT, markerfacecolor=face, label=series["label"])
        elif not by_category and series["label"] in names:
            shade, shape = colour(names, series["label"]), marker(names, series["label"])
            place.plot([], [], shape, color=shade, label=series["label"])
    for dashes, line in zip(DASHES, panel["lines"], strict=False):
        drawn = place.axvline if flat else place.axhline
        drawn(line["value"], color=SOFT, linestyle=dashes, linewidth=1.2, label=line["label"])
