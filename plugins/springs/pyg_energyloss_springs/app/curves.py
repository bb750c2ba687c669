"""Curves of the learning barrier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pyg_energyloss.report.plots import COLOURS, figure


def barrier_plot(document: Mapping[str, Any]) -> Any:
    """The learning barrier: error and free energy against temperature, error against sticks."""
    made, axes = figure(ncols=3, figsize=(13.5, 4.0))
    _draw_error(axes[0][0], document["thermal"])
    _draw_free_energy(axes[0][1], document["thermal"])
    _draw_sticks(axes[0][2], document["sticks_at_temperature"])
    return made


def _draw_error(axis: Any, heated: Sequence[Mapping[str, Any]]) -> None:
    for place, found in enumerate(heated):
        colour, rows = COLOURS[place + 1], found["rows"]
        warmth = [row["temperature"] for row in rows]
        axis.plot(found["exact"]["temperature"], found["exact"]["test_error"], color=colour)
        axis.errorbar(
            warmth,
            [row["test_error"] for row in rows],
            yerr=[row["test_error_se"] for row in rows],
            fmt="o",
            markersize=4.5,
            color=colour,
            label=f"{found['sticks']} sticks",
        )
        axis.axvline(found["barrier_temperature"], color=colour, linestyle=":", linewidth=1.2)
    axis.axhline(1.0, color="#555", linewidth=1, linestyle="--")
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("temperature / (spring stiffness x target²)")
    axis.set_ylabel("test error / variance")
    axis.set_title("error; dashed: knows only the mean", fontsize=10, loc="left")
    axis.legend(fontsize=8)


def _draw_free_energy(axis: Any, heated: Sequence[Mapping[str, Any]]) -> None:
    for place, found in enumerate(heated):
        colour, rows = COLOURS[place + 1], found["rows"]
        warmth = np.array([row["temperature"] for row in rows])
        exact = {name: np.array(values) for name, values in found["exact"].items()}
        axis.plot(exact["temperature"], -exact["change"] / exact["temperature"], color=colour)
        axis.errorbar(
            warmth,
            [-row["change"] for row in rows] / warmth,
            yerr=[row["change_se"] for row in rows] / warmth,
            fmt="o",
            markersize=4.5,
            color=colour,
        )
        axis.plot(
            exact["temperature"],
            -exact["change_nothing"] / exact["temperature"],
            color=colour,
            linestyle="--",
            linewidth=1,
        )
        axis.axvline(found["barrier_temperature"], color=colour, linestyle=":", linewidth=1.2)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("temperature / (spring stiffness x target²)")
    axis.set_ylabel("free energy released / T")
    axis.set_title("free energy; dashed: nothing to learn", fontsize=10, loc="left")


def _draw_sticks(axis: Any, curves: Sequence[Mapping[str, Any]]) -> None:
    for place, curve in enumerate(curves):
        axis.loglog(
            curve["sticks"],
            curve["error"],
            "o-",
            markersize=4,
            color=COLOURS[(0, 2, 4, 6)[place % 4]],
            label=f"T = {curve['temperature']:.2g}",
        )
    axis.axhline(1.0, color="#555", linewidth=1, linestyle="--")
    axis.set_xlabel("sticks along each feature")
    axis.set_ylabel("test error / variance")
    axis.set_title("more sticks hold more heat", fontsize=10, loc="left")
    _plain_ticks(axis, curves[0]["sticks"])
    axis.legend(fontsize=8)


def _plain_ticks(axis: Any, values: Sequence[int]) -> None:
    from matplotlib.ticker import NullFormatter, ScalarFormatter

    axis.set_xticks(values)
    axis.xaxis.set_major_formatter(ScalarFormatter())
    axis.xaxis.set_minor_formatter(NullFormatter())
