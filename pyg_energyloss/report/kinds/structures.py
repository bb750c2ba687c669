"""Sections of kind "structures": pictures of molecules, seen along their shortest axis."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.report.plots import SOFT, figure

#: Colours of elements, as usual; `colours_of` finds others.
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
#: Turns a crystal away from its axes, along which atoms hide behind one another.
_TILT = np.array([[0.94, 0.12, 0.32], [0.0, 0.94, -0.34], [-0.34, 0.32, 0.88]])
#: Energies of atoms, from none to the largest.
ENERGY = ((0.0, "#a9c9e8"), (0.35, "#fdd49e"), (0.7, "#f16913"), (1.0, "#a50f15"))


class Structure(TypedDict):
    """Atoms and bonds; positions in Å.

    ``bonds`` are pairs of atoms, ``orders`` theirs. ``energy`` colours atoms (that of the springs
    at each), ``marked`` atoms get a ring (valence not filled), ``note`` is shown beside the name.
    ``cell`` are the lattice vectors of a crystal, drawn as a box from the origin.
    """

    name: str
    elements: list[str]
    pos: list[list[float]]
    bonds: list[list[int]]
    orders: NotRequired[list[int]]
    energy: NotRequired[list[float]]
    marked: NotRequired[list[bool]]
    note: NotRequired[str]
    cell: NotRequired[list[list[float]]]


class StructureSet(TypedDict):
    """Structures of one run; None where a prediction is not finite."""

    label: str
    structures: list[Structure | None]


class Structures(TypedDict):
    """Kind "structures": with ``references`` a viewer, true and predicted on top of each other.

    ``references[i]`` is the true structure of ``structures[i]`` of each set. Without references
    (generated molecules) a gallery, a row for each set.
    """

    references: list[Structure]
    sets: list[StructureSet]


def draw(data: Structures, names: Sequence[str]) -> Any:
    """A row for each set; with references, these above them, each column seen alike."""
    del names
    colours = colours_of(data)
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
                _draw(place, structure, _axes_of(like), colours)
    return made


def colours_of(data: Structures) -> dict[str, str]:
    """The colour of each element that is drawn; what has none of its own gets a hue by its letters.

    >>> carbon = {"name": "", "elements": ["C"], "pos": [[0.0, 0.0, 0.0]], "bonds": []}
    >>> colours_of({"references": [carbon], "sets": []})
    {'C': '#606060'}
    """
    shown = [*data["references"], *(s for made in data["sets"] for s in made["structures"])]
    symbols = {symbol for structure in shown if structure for symbol in structure["elements"]}
    return {symbol: ELEMENTS.get(symbol) or _hue(symbol) for symbol in sorted(symbols)}


def _hue(symbol: str) -> str:
    # Steps of the golden ratio keep the hues of neighbours in the alphabet apart.
    number = sum((ord(letter) - 64) * 27**place for place, letter in enumerate(symbol))
    channels = colorsys.hls_to_rgb(number * 0.6180339887 % 1.0, 0.6, 0.5)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)


def _axes_of(structure: Structure) -> NDArray[np.float64]:
    """Long, middle and short axis of a structure, in columns; a crystal is seen askew."""
    pos = np.array(structure["pos"], dtype=float)
    found: NDArray[np.float64] = np.linalg.svd(pos - pos.mean(0), full_matrices=True)[2].T
    return found @ _TILT if "cell" in structure else found


def box_of(structure: Structure) -> NDArray[np.float64]:
    """Ends of the edges of a crystal's cell [12, 2, 3], none of a molecule [0, 2, 3].

    >>> box_of({"name": "", "elements": [], "pos": [], "bonds": [], "cell": np.eye(3)}).shape
    (12, 2, 3)
    """
    if "cell" not in structure:
        return np.zeros((0, 2, 3))
    edges = [
        (corner, tuple(c + (a == axis) for a, c in enumerate(corner)))
        for axis in range(3)
        for corner in product((0, 1), repeat=3)
        if not corner[axis]
    ]
    corners: NDArray[np.float64] = np.array(edges, dtype=float) @ np.array(structure["cell"])
    return corners


def shades_of(structure: Structure, colours: Mapping[str, str]) -> list[Any]:
    """The colour of each atom: that of its energy, relative to the largest, or of its element."""
    from matplotlib.colors import LinearSegmentedColormap

    energy = structure.get("energy")
    if not energy:
        return [colours[symbol] for symbol in structure["elements"]]
    scale = LinearSegmentedColormap.from_list("energy", ENERGY)
    return [scale(e / max(0.05, *energy)) for e in energy]


def _draw(
    place: Any, structure: Structure, turned: NDArray[np.float64], colours: Mapping[str, str]
) -> None:
    """Draw a molecule or the cell of a crystal, far atoms first."""
    pos = np.array(structure["pos"], dtype=float)
    seen = (pos - pos.mean(0)) @ turned
    for ends in box_of(structure):
        start, stop = (ends - pos.mean(0)) @ turned
        depth = float(start[2] + stop[2]) / 2
        place.plot(*zip(start[:2], stop[:2], strict=True), color=SOFT, linewidth=0.7, zorder=depth)
    orders = structure.get("orders", [1] * len(structure["bonds"]))
    for (i, j), order in zip(structure["bonds"], orders, strict=True):
        ends = seen[[i, j]]
        depth = float(ends[:, 2].mean())
        place.plot(ends[:, 0], ends[:, 1], color=SOFT, linewidth=1.0 + order, zorder=depth)
    shades, symbols = shades_of(structure, colours), structure["elements"]
    marked = structure.get("marked", [False] * len(pos))
    for point, shade, symbol, ring in zip(seen, shades, symbols, marked, strict=True):
        place.scatter(
            *point[:2],
            s=28 if symbol == "H" else 70,
            color=[shade],
            edgecolor="#d100d1" if ring else "#555555",
            linewidth=1.6 if ring else 0.7,
            zorder=point[2] + 0.1,
        )
    place.margins(0.15)
