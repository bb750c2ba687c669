"""Sections of kind "structures": pictures of molecules, seen along their shortest axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.report.document import Structure, Structures
from pyg_energyloss.report.plots import SOFT, figure

#: Colours of elements, as usual; others are pink.
ELEMENTS = {
    "H": "#f2f2f2",
    "C": "#606060",
    "N": "#3050f8",
    "O": "#e0301e",
    "F": "#60c040",
    "P": "#ff8000",
    "S": "#e0c030",
    "Cl": "#30c030",
    "Br": "#a62929",
    "I": "#7048e8",
}
OTHER = "#e377c2"
#: Energies of atoms, from none to the largest.
ENERGY = ((0.0, "#a9c9e8"), (0.35, "#fdd49e"), (0.7, "#f16913"), (1.0, "#a50f15"))


def draw(data: Structures, names: Sequence[str]) -> Any:
    """A row for each set; with references, these above them, each column seen alike."""
    del names
    rows: list[tuple[str, list[Structure | None]]] = [
        (s["label"], list(s["structures"])) for s in data["sets"]
    ]
    if data["references"]:
        rows.insert(0, ("true", list(data["references"])))
    columns = max((len(structures) for _, structures in rows), default=1)
    made, axes = figure(
        nrows=max(1, len(rows)), ncols=columns, figsize=(1.5 * columns, 1.65 * max(1, len(rows)))
    )
    for place in axes.flat:
        place.set_axis_off()
        place.set_aspect("equal")
    for line, (label, structures) in zip(axes, rows, strict=False):
        line[0].set_title(label, fontsize=9, loc="left")
        for index, (place, structure) in enumerate(zip(line, structures, strict=False)):
            if structure is not None and structure["pos"]:
                like = data["references"][index] if data["references"] else structure
                _draw(place, structure, _axes_of(like))
    return made


def _axes_of(structure: Structure) -> NDArray[np.float64]:
    """Long, middle and short axis of a structure, in columns."""
    pos = np.array(structure["pos"], dtype=float)
    found: NDArray[np.float64] = np.linalg.svd(pos - pos.mean(0), full_matrices=True)[2].T
    return found


def _draw(place: Any, structure: Structure, turned: NDArray[np.float64]) -> None:
    """Draw a molecule, far atoms first."""
    from matplotlib.colors import LinearSegmentedColormap

    pos = np.array(structure["pos"], dtype=float)
    seen = (pos - pos.mean(0)) @ turned
    orders = structure.get("orders", [1] * len(structure["bonds"]))
    for (i, j), order in zip(structure["bonds"], orders, strict=True):
        ends = seen[[i, j]]
        depth = float(ends[:, 2].mean())
        place.plot(ends[:, 0], ends[:, 1], color=SOFT, linewidth=1.0 + order, zorder=depth)
    shades: list[Any] = [ELEMENTS.get(symbol, OTHER) for symbol in structure["elements"]]
    energy = structure.get("energy")
    if energy:
        scale = LinearSegmentedColormap.from_list("energy", ENERGY)
        shades = [scale(e / max(0.05, *energy)) for e in energy]
    marked = structure.get("marked", [False] * len(pos))
    for point, shade, symbol, ring in zip(seen, shades, structure["elements"], marked, strict=True):
        place.scatter(
            *point[:2],
            s=28 if symbol == "H" else 70,
            color=[shade],
            edgecolor="#d100d1" if ring else "#555555",
            linewidth=1.6 if ring else 0.7,
            zorder=point[2] + 0.1,
        )
    place.margins(0.15)
