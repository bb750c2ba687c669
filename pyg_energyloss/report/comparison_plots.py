"""Plots of a comparison: metrics by loss and model, training curves, error by noise level."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pyg_energyloss.report.plots import colour, figure

PANELS = (
    ("bond_mae", "bond lengths, MAE / Å"),
    ("pair13_mae", "1-3 distances, MAE / Å"),
    ("pair14_mae", "1-4 distances, MAE / Å"),
    ("rmsd", "RMSD after alignment / Å"),
)


def metric_plot(
    rows: Sequence[Mapping[str, Any]], models: Sequence[str], losses: Sequence[str]
) -> Any:
    """One panel per metric: models side by side, a dot with its standard deviation per loss."""
    panels = [p for p in PANELS if any(p[0] in row["metrics"] for row in rows)]
    made, axes = figure(ncols=len(panels), figsize=(3.1 * len(panels), 3.6))
    offset = np.linspace(-0.3, 0.3, len(losses)) if len(losses) > 1 else np.zeros(1)
    for axis, (metric, title) in zip(axes[0], panels, strict=True):
        for position, loss in enumerate(losses):
            for x, model in enumerate(models):
                value = _value(rows, model, loss, metric)
                if value is None:
                    continue
                mean, sd = value
                axis.errorbar(
                    x + offset[position],
                    mean,
                    yerr=None if math.isnan(sd) else min(sd, 0.95 * mean),
                    fmt="o",
                    markersize=6,
                    capsize=2.5,
                    color=colour(losses, loss),
                    label=loss if x == 0 else None,
                )
        axis.set_title(title, fontsize=10)
        axis.set_xticks(range(len(models)), models)
        axis.set_xlim(-0.5, len(models) - 0.5)
        axis.grid(visible=False, axis="x")
        _log_axis(axis)
    _legend(made, axes, len(losses))
    return made


def curve_plot(
    results: Sequence[Mapping[str, Any]], models: Sequence[str], losses: Sequence[str]
) -> Any:
    """Validation bond-length error against the step: one panel per model, mean and seed range."""
    made, axes = figure(ncols=len(models), figsize=(3.4 * len(models), 3.4), sharey=True)
    for axis, model in zip(axes[0], models, strict=True):
        for loss in losses:
            curves = [
                [(row["step"], row["val_bond_mae"]) for row in r["history"]]
                for r in results
                if r["spec"]["model"] == model and r["spec"]["loss"] == loss
            ]
            if not curves:
                continue
            shortest = min(map(len, curves))
            points = np.array([curve[:shortest] for curve in curves], dtype=float)
            steps, values = points[0, :, 0], points[:, :, 1]
            axis.plot(steps, values.mean(0), color=colour(losses, loss), label=loss, linewidth=1.8)
            axis.fill_between(
                steps,
                values.min(0),
                values.max(0),
                color=colour(losses, loss),
                alpha=0.18,
                linewidth=0,
            )
        axis.set_title(model, fontsize=10)
        axis.set_xlabel("optimiser step")
        _log_axis(axis)
    axes[0][0].set_ylabel("validation bond lengths, MAE / Å")
    _legend(made, axes, len(losses))
    return made


def noise_plot(
    rows: Sequence[Mapping[str, Any]], models: Sequence[str], losses: Sequence[str]
) -> Any:
    """Error against the noise level (task denoise): bonds above, RMSD below, a column per model."""
    panels = (PANELS[0], PANELS[3])
    made, axes = figure(
        nrows=2, ncols=len(models), figsize=(3.4 * len(models), 5.8), sharex=True, sharey="row"
    )
    for line, (metric, title) in zip(axes, panels, strict=True):
        for axis, model in zip(line, models, strict=True):
            for loss in losses:
                points = [
                    (row["level"], row["metrics"][metric]["mean"], row["metrics"][metric]["sd"])
                    for row in rows
                    if row["model"] == model and row["loss"] == loss
                ]
                if not points:
                    continue
                x, mean, sd = np.array(sorted(points)).T
                axis.errorbar(
                    x,
                    mean,
                    yerr=np.nan_to_num(sd),
                    color=colour(losses, loss),
                    label=loss,
                    marker="o",
                    markersize=4,
                    capsize=2,
                    linewidth=1.6,
                )
            axis.set_xscale("log")
            _log_axis(axis)
        line[0].set_ylabel(title)
    for axis, model in zip(axes[0], models, strict=True):
        axis.set_title(model, fontsize=10)
    for axis in axes[-1]:
        axis.set_xlabel("noise level / Å")
        levels = sorted({row["level"] for row in rows})
        axis.set_xticks(levels, [f"{level:g}" for level in levels])
        axis.minorticks_off()
    _legend(made, axes, len(losses))
    return made


def _value(
    rows: Sequence[Mapping[str, Any]], model: str, loss: str, metric: str
) -> tuple[float, float] | None:
    for row in rows:
        if row["model"] == model and row["loss"] == loss and metric in row["metrics"]:
            value = row["metrics"][metric]
            if math.isfinite(value["mean"]):
                return value["mean"], value["sd"]
    return None


def _log_axis(axis: Any) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator

    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(FuncFormatter(lambda *_: ""))


def _legend(made: Any, axes: Any, count: int) -> None:
    entries: dict[str, Any] = {}
    for axis in axes.flat:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    made.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=min(count, 6))
