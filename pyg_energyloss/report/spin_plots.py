"""Plots of spins: excess energies, training curves, configurations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.report.plots import colour, figure
from pyg_energyloss.spins import SpinSystems


def excess_plot(
    rows: Sequence[Mapping[str, Any]],
    baselines: Mapping[str, Any],
    models: Sequence[str],
    losses: Sequence[str],
) -> Any:
    """Excess energy of each loss, one panel per model: prediction (dot), after greedy (ring)."""
    height = 1.6 + 0.34 * len(losses)
    made, axes = figure(ncols=len(models), figsize=(1.2 + 5.6 * len(models), height), sharey=True)
    for axis, model in zip(axes[0], models, strict=True):
        for row in rows:
            if row["model"] != model:
                continue
            place = losses.index(row["loss"])
            for metric, fill in (("excess_energy", None), ("excess_greedy", "white")):
                value = row["metrics"][metric]
                shade = colour(losses, row["loss"])
                axis.errorbar(
                    value["mean"],
                    place,
                    xerr=value["sd"] or None,
                    fmt="o",
                    color=shade,
                    markerfacecolor=fill or shade,
                    markersize=7,
                    capsize=3,
                )
        for style, (name, found) in zip(("--", ":", "-."), baselines.items(), strict=False):
            axis.axvline(
                found["metrics"]["excess_greedy"], color="#555", linestyle=style, linewidth=1
            )
            axis.plot([], [], color="#555", linestyle=style, linewidth=1, label=f"{name}, greedy")
        axis.plot([], [], "o", color="#555", label="prediction")
        axis.plot([], [], "o", color="#555", markerfacecolor="white", label="after greedy descent")
        axis.set_title(model, fontsize=10)
        axis.set_xlabel("excess energy over the exact ground state")
        axis.set_xlim(left=0)
        axis.grid(visible=False, axis="y")
    axes[0][0].set_yticks(range(len(losses)), losses)
    axes[0][0].set_ylim(len(losses) - 0.5, -0.5)
    made.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return made


def curve_plot(
    results: Sequence[Mapping[str, Any]], models: Sequence[str], losses: Sequence[str]
) -> Any:
    """Excess energy against the step: one panel per model, mean and range over seeds."""
    made, axes = figure(ncols=len(models), figsize=(1.6 + 5.6 * len(models), 3.8), sharey=True)
    for axis, model in zip(axes[0], models, strict=True):
        for loss in losses:
            curves = [
                [(row["step"], row["excess"]) for row in r["history"]]
                for r in results
                if r["spec"]["model"] == model and r["spec"]["loss"] == loss and r["history"]
            ]
            if not curves:
                continue
            shortest = min(map(len, curves))
            points = np.array([curve[:shortest] for curve in curves], dtype=float)
            steps, values = points[0, :, 0], points[:, :, 1]
            shade = colour(losses, loss)
            axis.plot(steps, values.mean(0), color=shade, label=loss, linewidth=1.8)
            axis.fill_between(
                steps, values.min(0), values.max(0), color=shade, alpha=0.18, linewidth=0
            )
        axis.set_title(model, fontsize=10)
        axis.set_xlabel("optimiser step")
        axis.set_ylim(bottom=0)
    axes[0][0].set_ylabel("excess energy")
    made.legend(*axes[0][0].get_legend_handles_labels(), loc="outside right center")
    return made


def configuration_plot(systems: SpinSystems, predicted: Mapping[str, NDArray[np.float32]]) -> Any:
    """Ground states and predictions: a row per system, a column per loss."""
    rows, columns = systems.shape
    names = ["ground state", *predicted]
    made, axes = figure(
        nrows=len(systems), ncols=len(names), figsize=(2.1 * len(names), 2.4 * len(systems))
    )
    bonds = systems.edge_index.T.numpy()
    for index, line in enumerate(axes):
        target = systems.spins[index].numpy().astype(float)
        coupling = systems.coupling[index].numpy()
        for axis, name in zip(line, names, strict=True):
            spins = target
            if name in predicted:
                spins = np.where(predicted[name][index] >= 0, 1.0, -1.0)
                spins = spins * (1.0 if spins @ target >= 0 else -1.0)
            _draw(axis, spins, target, (rows, columns))
            energy = _draw_unsatisfied(axis, spins, coupling, bonds, columns)
            excess = energy - float(systems.energy[index])
            note = f"E = {energy:.2f}" if name == "ground state" else f"+{max(excess, 0):.2f}"
            axis.set_title(f"{name}\n{note}" if index == 0 else note, fontsize=8)
    return made


def _draw(
    axis: Any, spins: NDArray[np.float64], target: NDArray[np.float64], shape: tuple[int, int]
) -> None:
    wrong = (spins != target).reshape(shape)
    up = (spins > 0).reshape(shape)
    image = np.empty((*shape, 3))
    image[up & ~wrong], image[~up & ~wrong] = (0.93, 0.94, 0.96), (0.62, 0.67, 0.74)
    image[up & wrong], image[~up & wrong] = (0.98, 0.72, 0.66), (0.86, 0.38, 0.30)
    axis.imshow(image, interpolation="nearest")
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(visible=False)
    for side in ("left", "bottom"):
        axis.spines[side].set_visible(False)


def _draw_unsatisfied(
    axis: Any,
    spins: NDArray[np.float64],
    coupling: NDArray[np.float32],
    bonds: NDArray[np.int64],
    columns: int,
) -> float:
    """Draw the unsatisfied bonds that do not wrap around; return the energy."""
    satisfied = coupling * spins[bonds[:, 0]] * spins[bonds[:, 1]]
    for (i, j), value in zip(bonds, satisfied, strict=True):
        (y0, x0), (y1, x1) = divmod(i, columns), divmod(j, columns)
        if value < 0 and abs(y1 - y0) + abs(x1 - x0) == 1:
            axis.plot([x0, x1], [y0, y1], color="#111", linewidth=0.4 + 2.2 * abs(value))
    return float(-satisfied.sum(dtype=np.float64))
