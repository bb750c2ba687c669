"""Plots of generated molecules: pictures, metrics, bond lengths, training curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.data.bond_tables import VALENCES
from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.metrics.generated import bond_orders
from pyg_energyloss.report.plots import colour, figure
from pyg_energyloss.training.generate_sampling import read_samples
from pyg_energyloss.training.generate_spec import GenerateSpec
from pyg_energyloss.training.run import load_splits

PANELS = (
    ("atom_stable", "stable atoms, %", 100.0),
    ("molecule_stable", "stable molecules, %", 100.0),
    ("mmd_bond", "MMD of bond lengths", 1.0),
    ("mmd_angle", "MMD of angles", 1.0),
)
#: Colours of elements, as usual; others are pink.
ELEMENT_COLOURS = {
    1: "#f2f2f2",
    6: "#606060",
    7: "#3050f8",
    8: "#e0301e",
    9: "#60c040",
    15: "#ff8000",
    16: "#e0c030",
    17: "#30c030",
    35: "#a62929",
}
#: Molecules of each generator in the picture.
SHOWN = 7


def molecule_plot(folders: Mapping[str, Path]) -> Any:
    """A row of molecules for each generator, seen along their shortest axis."""
    made, axes = figure(nrows=len(folders), ncols=SHOWN, figsize=(1.5 * SHOWN, 1.65 * len(folders)))
    for line, (label, folder) in zip(axes, folders.items(), strict=True):
        for axis in line:
            axis.set_axis_off()
            axis.set_aspect("equal")
        line[0].set_title(label, fontsize=9, loc="left")
        for axis, (z, pos) in zip(line, _molecules(folder), strict=False):
            _draw(axis, z, pos)
    return made


def metric_plot(rows: Sequence[Mapping[str, Any]], ceiling: Mapping[str, float]) -> Any:
    """One panel a metric; a bar for each generator, a line for real molecules."""
    rows = [row for row in rows if row["weights"] == "averaged"]
    panels = [p for p in PANELS if any(p[0] in row["metrics"] for row in rows)]
    made, axes = figure(
        ncols=max(1, len(panels)), figsize=(3.2 * max(1, len(panels)), 0.6 + 0.42 * len(rows))
    )
    labels = [row["label"] for row in rows]

    for position, (axis, (metric, head, factor)) in enumerate(zip(axes[0], panels, strict=False)):
        for height, row in enumerate(rows):
            value = row["metrics"].get(metric)
            if value is None:
                continue
            axis.barh(
                height,
                factor * value["mean"],
                xerr=None if value["sd"] is None else factor * value["sd"],
                color=colour(labels, row["label"]),
                height=0.7,
            )
        if metric in ceiling:
            axis.axvline(factor * ceiling[metric], color="#444444", linestyle="--", linewidth=1)
        axis.set_yticks(range(len(rows)), labels if position == 0 else [""] * len(rows))
        axis.invert_yaxis()
        axis.set_title(head, fontsize=10)
        axis.grid(visible=False, axis="y")
    return made


def length_plot(folders: Mapping[str, Path], spec: Mapping[str, Any]) -> Any:
    """Histograms of interatomic distances below 2 Å."""
    made, axes = figure(figsize=(8, 3.2))
    axis, bins = axes[0][0], np.linspace(0.6, 2.0, 141)
    train = load_splits(spec["dataset"], spec["dataset_options"])["train"]
    real = [(train[i].z.numpy(), train[i].pos.numpy()) for i in range(min(500, len(train)))]
    axis.hist(_short(real), bins=bins, density=True, color="#d5d8dc", label="real")
    for index, (label, folder) in enumerate(folders.items()):
        axis.hist(
            _short(_molecules(folder)),
            bins=bins,
            density=True,
            histtype="step",
            linewidth=1.3,
            color=colour(list(folders), list(folders)[index]),
            label=label,
        )
    axis.set_xlabel("distance of two atoms / Å")
    axis.set_ylabel("density")
    axis.legend(fontsize=8)
    return made


def curve_plot(results: Sequence[Mapping[str, Any]]) -> Any:
    """Validation errors against the step."""
    made, axes = figure(ncols=2, figsize=(9, 3.3))
    labels = list(dict.fromkeys(GenerateSpec.from_dict(r["spec"]).label for r in results))
    panels = (
        ("val_bond_mae", "bond lengths, MAE / Å"),
        ("val_types_wrong", "atoms of a wrong type"),
    )
    for axis, (key, head) in zip(axes[0], panels, strict=True):
        drawn: set[str] = set()
        for result in results:
            label = GenerateSpec.from_dict(result["spec"]).label
            points = [(row["step"], row[key]) for row in result["history"] if row[key] is not None]
            if points:
                axis.plot(
                    *zip(*points, strict=True),
                    color=colour(labels, label),
                    label=None if label in drawn else label,
                    linewidth=1.3,
                )
                drawn.add(label)
        axis.set_xlabel("optimiser step")
        axis.set_title(head, fontsize=10)
    axes[0][1].legend(fontsize=8)
    return made


def _molecules(folder: Path) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    made = read_samples(folder / "samples-averaged")
    return [(molecule.z.numpy(), molecule.pos.double().numpy()) for molecule in made]


def _short(molecules: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> NDArray[Any]:
    parts = [np.zeros(0)]
    for _, pos in molecules:
        upper = np.triu_indices(len(pos), 1)
        parts.append(np.linalg.norm(pos[:, None] - pos[None], axis=-1)[upper])
    joined = np.concatenate(parts)
    return joined[joined < 2.0]  # noqa: PLR2004 - Å


def _draw(axis: Any, z: NDArray[Any], pos: NDArray[Any]) -> None:
    """Draw a molecule in the plane of its two longest axes, far atoms first."""
    if not len(z) or not np.isfinite(pos).all():
        return
    centred = pos - pos.mean(0)
    seen = centred @ np.linalg.svd(centred, full_matrices=False)[2].T
    if seen.shape[1] < 3:  # noqa: PLR2004 - fewer than three atoms span less than space
        seen = np.pad(seen, ((0, 0), (0, 3 - seen.shape[1])))
    orders = bond_orders(z, pos)
    for i, j in zip(*np.nonzero(np.triu(orders)), strict=True):
        depth = 0.5 * (seen[i, 2] + seen[j, 2])
        axis.plot(
            seen[[i, j], 0],
            seen[[i, j], 1],
            color="#8a8f98",
            linewidth=1.0 + orders[i, j],
            zorder=depth,
        )
    filled = [
        int(n) in VALENCES.get(SYMBOLS[int(a)], ()) for n, a in zip(orders.sum(1), z, strict=True)
    ]
    for place, number, ok in zip(seen, z, filled, strict=True):
        axis.scatter(
            *place[:2],
            s=28 if number == 1 else 70,
            color=ELEMENT_COLOURS.get(int(number), "#e377c2"),
            edgecolor="#555555" if ok else "#d100d1",
            linewidth=0.7 if ok else 1.6,
            zorder=place[2] + 0.1,
        )
    axis.margins(0.15)
