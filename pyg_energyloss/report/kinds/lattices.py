"""Sections of kind "lattices": ground states and predictions of spin systems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np

from pyg_energyloss.report.plots import figure

#: Up and down, where they agree with the target and where they differ.
AGREE = (0.93, 0.94, 0.96), (0.62, 0.67, 0.74)
DIFFER = (0.98, 0.72, 0.66), (0.86, 0.38, 0.30)


class Picture(TypedDict):
    """Spins of one prediction, 1 or -1, and its energy."""

    label: str
    spins: list[int]
    energy: float


class System(TypedDict):
    """A spin system: couplings of ``bonds``, the ground state, and what was predicted."""

    coupling: list[float]
    target: list[int]
    energy: float
    pictures: list[Picture]


class Lattices(TypedDict):
    """Kind "lattices": a row for each system, a column for the target and for each picture.

    Site ``i`` is in row ``i // shape[1]``; bonds that wrap around are not drawn. Spins are red
    where they differ from the target; lines are unsatisfied bonds (J s s < 0).
    """

    shape: list[int]
    bonds: list[list[int]]
    systems: list[System]


def draw(data: Lattices, names: Sequence[str]) -> Any:
    """A row for each system: the target, then each picture, with its energy above the target's."""
    del names
    systems = data["systems"]
    columns = 1 + max((len(s["pictures"]) for s in systems), default=0)
    made, axes = figure(
        nrows=max(1, len(systems)),
        ncols=columns,
        figsize=(1.9 * columns, 2.3 * max(1, len(systems))),
    )
    for place in axes.flat:
        place.set_axis_off()
    for index, (line, system) in enumerate(zip(axes, systems, strict=False)):
        pictures = [("ground state", system["target"], f"E = {system['energy']:.2f}")]
        for p in system["pictures"]:
            above = max(p["energy"] - system["energy"], 0.0)
            pictures.append((p["label"], p["spins"], f"+{above:.2f}"))
        for place, (label, spins, told) in zip(line, pictures, strict=False):
            _draw(place, np.array(spins), system, data)
            place.set_title(f"{label}\n{told}" if index == 0 else told, fontsize=8)
    return made


def _draw(place: Any, spins: Any, system: System, data: Lattices) -> None:
    rows, columns = data["shape"]
    wrong, up = spins != np.array(system["target"]), spins > 0
    image = np.empty((rows * columns, 3))
    for differs, (bright, dark) in ((False, AGREE), (True, DIFFER)):
        image[(wrong == differs) & up], image[(wrong == differs) & ~up] = bright, dark
    place.imshow(image.reshape(rows, columns, 3), interpolation="nearest")
    for (i, j), coupling in zip(data["bonds"], system["coupling"], strict=True):
        (y0, x0), (y1, x1) = divmod(i, columns), divmod(j, columns)
        value = coupling * spins[i] * spins[j]
        if value < 0 and abs(y1 - y0) + abs(x1 - x0) == 1:
            place.plot([x0, x1], [y0, y1], color="#111", linewidth=0.4 + 2.2 * abs(value))
