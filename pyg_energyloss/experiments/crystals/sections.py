"""Plots of a study of crystals, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyg_energyloss.experiments.crystals.pictures import pictures
from pyg_energyloss.experiments.crystals.spec import CrystalSpec
from pyg_energyloss.experiments.plots import (
    Results,
    in_order,
    point_panel,
    points_of,
    section,
    training_curves,
    where,
)
from pyg_energyloss.files import read_npz
from pyg_energyloss.report.document import Row, Section, Structure, StructureSet

#: Metrics that are drawn, with the head of their panel.
PANELS = (
    ("distance_mae", "neighbour distances, MAE / Å"),
    ("rmsd", "RMSD of matched crystals / spacing"),
    ("length_mae", "lattice lengths, MAE / Å"),
)


#: Where a run keeps the crystals that are drawn.
DRAWN = "crystals.npz"
#: Of the pictures.
TEXT = (
    "The first test crystals, at the largest noise level if there are some: the cell with its "
    "atoms, those on a face on the opposite one too. A prediction lies on the true crystal where "
    "both agree, its cell turned by what no loss sees and moved by what is left of the origin; "
    "atoms are coloured by the energy of their springs in the true cell."
)


def sections(results: Results, rows: Sequence[Row], out: Path) -> list[Section]:
    """Errors by model and loss at each noise level, training curves, pictures."""
    levels = dict.fromkeys(row["labels"].get("noise", "") for row in rows)
    curves = training_curves(
        results,
        metric="val_distance_mae",
        label="validation distances, MAE / Å",
        log=True,
        text="Error of neighbour distances on validation crystals; band: range over seeds.",
    )
    return [*(_errors(rows, results, level) for level in levels), curves, _pictures(results, out)]


def _pictures(results: Results, out: Path) -> Section:
    references: list[Structure] = []
    sets: list[StructureSet] = []
    for model, loss in in_order(results, "model", "loss"):
        spec = CrystalSpec.from_dict(where(results, model=model, loss=loss)[0]["spec"])
        pairs = list(pictures(read_npz(out / "runs" / spec.key / DRAWN)))
        references = references or [true for true, _ in pairs]
        sets.append({"label": spec.label, "structures": [predicted for _, predicted in pairs]})
    return section("structures", "Crystals", TEXT, references=references, sets=sets)


def _errors(rows: Sequence[Row], results: Results, level: str) -> Section:
    chosen = [row for row in rows if row["labels"].get("noise", "") == level]
    panels = []
    for metric, title in PANELS:
        series = [
            points_of(chosen, metric, loss, category="model", wanted={"loss": loss})
            for loss in in_order(results, "loss")
        ]
        if any(s["points"] for s in series):
            panels.append(point_panel(title, series, in_order(results, "model"), log=True))
    head = f"Errors on test crystals{f', noise {level}' if level else ''}"
    text = "By model and loss, logarithmic, lower is better; bars: standard deviation."
    return section("dots", head, text, panels=panels, horizontal=False)
