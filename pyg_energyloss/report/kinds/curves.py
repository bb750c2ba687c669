"""Sections of kind "curves": training curves, errors by noise level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np

from pyg_energyloss.report.document import Axis
from pyg_energyloss.report.plots import colour, figure, legend_below, log_scale, marker


class Series(TypedDict):
    """``values[i]`` are those of all seeds at ``x[i]``: drawn as their mean and their range."""

    label: str
    x: list[float]
    values: list[list[float]]


class CurvePanel(TypedDict):
    """One panel of curves."""

    title: str
    x: Axis
    y: Axis
    series: list[Series]


class Curves(TypedDict):
    """Kind "curves": panels in ``rows`` rows; a label has one colour in all sections.

    ``markers`` draws points with standard deviations joined by lines (error by noise level), not
    the bands of a training curve.
    """

    panels: list[CurvePanel]
    rows: int
    markers: bool


def draw(data: Curves, names: Sequence[str]) -> Any:
    """Panels in rows: the mean with its range, or with ``markers`` its standard deviation."""
    rows = max(1, min(data["rows"], len(data["panels"])))
    columns = -(-len(data["panels"]) // rows)
    alike = len({(p["y"]["label"], p["y"]["log"]) for p in data["panels"]}) == 1
    made, axes = figure(
        nrows=rows,
        ncols=columns,
        figsize=(max(8.0, 3.5 * columns), 3.1 * rows + 0.6),
        sharey=True if alike else "row" if rows > 1 else False,
    )
    for place in axes.flat[len(data["panels"]) :]:
        place.set_axis_off()
    for index, (panel, place) in enumerate(zip(data["panels"], axes.flat, strict=False)):
        for series in panel["series"]:
            _draw(place, series, names, markers=data["markers"])
        # A row of panels that share their axis says what it is once.
        first = index % columns == 0 or not (alike or rows > 1)
        place.set_ylabel(panel["y"]["label"] if first else "")
        place.set_xlabel(panel["x"]["label"] if index + columns >= len(data["panels"]) else "")
        # The title of a panel that repeats the label of its axis is left out.
        place.set_title("" if panel["title"] == panel["y"]["label"] else panel["title"])
        for which in ("x", "y"):
            axis: Any = panel[which]  # type: ignore[literal-required]
            if axis["log"]:
                log_scale(place, which)
        if not panel["y"]["log"]:
            place.set_ylim(bottom=min(0.0, place.get_ylim()[0]))
        if panel["x"]["log"]:
            ticks = sorted({x for series in panel["series"] for x in series["x"]})
            place.set_xticks(ticks, [f"{x:g}" for x in ticks])
            place.minorticks_off()
    legend_below(made, axes.flat)
    return made


def _draw(place: Any, series: Series, names: Sequence[str], *, markers: bool) -> None:
    kept = [
        (x, v)
        for x, values in zip(series["x"], series["values"], strict=True)
        if (v := [value for value in values if value is not None])
    ]
    if not kept:
        return
    label, shade = series["label"], colour(names, series["label"])
    x = np.array([point[0] for point in kept])
    mean = np.array([np.mean(point[1]) for point in kept])
    style = {"color": shade, "linestyle": "-" if names.index(label) < 8 else "--"}  # noqa: PLR2004
    if markers:
        spread = np.array([np.std(v, ddof=1) if len(v) > 1 else 0.0 for _, v in kept])
        shown = marker(names, label)
        error = [np.minimum(spread, 0.95 * np.abs(mean)), spread]
        options = {"marker": shown, "markersize": 5, "capsize": 2, "linewidth": 1.6}
        place.errorbar(x, mean, yerr=error, label=label, **style, **options)
        return
    place.plot(x, mean, label=label, linewidth=1.8, **style)
    low, high = (np.array([f(point[1]) for point in kept]) for f in (min, max))
    place.fill_between(x, low, high, color=shade, alpha=0.2, linewidth=0)
