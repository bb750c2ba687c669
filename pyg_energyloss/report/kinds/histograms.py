"""Sections of kind "histograms": distributions of generated sets before that of real data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np

from pyg_energyloss.report.document import Axis
from pyg_energyloss.report.plots import SOFT, colour, figure, legend_below


class Histogram(TypedDict):
    """Density in each bin; the ``reference`` is filled and grey."""

    label: str
    density: list[float]
    reference: bool


class Histograms(TypedDict):
    """Kind "histograms": ``edges`` has one more number than each density."""

    x: Axis
    edges: list[float]
    series: list[Histogram]


def draw(data: Histograms, names: Sequence[str]) -> Any:
    """Steps; the reference is filled and grey."""
    made, axes = figure(figsize=(8, 3.4))
    place, edges = axes[0][0], np.array(data["edges"])
    for series in data["series"]:
        label, density = series["label"], np.array(series["density"])
        if series["reference"]:
            place.stairs(density, edges, fill=True, color=SOFT, alpha=0.35, label=label)
        else:
            place.stairs(density, edges, color=colour(names, label), linewidth=1.4, label=label)
    place.set_xlabel(data["x"]["label"])
    place.set_ylabel("density")
    if data["x"]["log"]:
        place.set_xscale("log")
    legend_below(made, axes.flat)
    return made
