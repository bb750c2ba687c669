"""Plots of a study of crystals, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyg_energyloss.experiments.crystals.pictures import pictures
from pyg_energyloss.experiments.crystals.spec import CrystalSpec
from pyg_energyloss.experiments.plots import (
    Results,
    errors_by_model,
    predictions,
    training_curves,
)
from pyg_energyloss.files import read_npz
from pyg_energyloss.report.document import Row, Section

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
    head = "Errors on test crystals"
    errors = [
        errors_by_model(
            results,
            [row for row in rows if row["labels"].get("noise", "") == level],
            PANELS,
            f"{head}, noise {level}" if level else head,
        )
        for level in levels
    ]
    curves = training_curves(
        results,
        metric="val_distance_mae",
        label="validation distances, MAE / Å",
        log=True,
        text="Error of neighbour distances on validation crystals; band: range over seeds.",
    )
    drawn = predictions(
        results,
        CrystalSpec,
        lambda key: pictures(read_npz(out / "runs" / key / DRAWN)),
        "Crystals",
        TEXT,
    )
    return [*errors, curves, drawn]
