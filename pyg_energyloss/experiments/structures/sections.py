"""Plots and pictures of a comparison, as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Data

from pyg_energyloss.data.elements import formula
from pyg_energyloss.experiments.plots import (
    Results,
    errors_by_model,
    in_order,
    predictions,
    section,
    structure,
    training_curves,
)
from pyg_energyloss.experiments.structures.spec import StructureSpec
from pyg_energyloss.files import read_npz
from pyg_energyloss.losses import PairEnergyLoss
from pyg_energyloss.metrics.rmsd import best_permutation, best_rmsd, generators, superpose
from pyg_energyloss.report.document import Row, Section
from pyg_energyloss.report.kinds.curves import CurvePanel, Series
from pyg_energyloss.report.kinds.structures import Structure

#: Metrics that are drawn, with the head of their panel.
PANELS = (
    ("bond_mae", "bond lengths, MAE / Å"),
    ("pair13_mae", "1-3 distances, MAE / Å"),
    ("pair14_mae", "1-4 distances, MAE / Å"),
    ("rmsd", "RMSD after alignment / Å"),
)
TEXT = (
    "Left the true structure, right the prediction on top of it, coloured by the energy of the "
    "springs at each atom (complete graph, exponential stiffness). Drag to turn, scroll to zoom."
)


Panels = Sequence[tuple[str, str]]


def sections(
    results: Results,
    rows: Sequence[Row],
    *,
    out: Path,
    panels: Panels = PANELS,
    what: str = "molecules",
    spec_type: type[StructureSpec] = StructureSpec,
) -> list[Section]:
    """Errors by model and loss (or by noise level), training curves, structures.

    Args:
        results: result.json of each run.
        rows: The summary over seeds.
        out: The study's folder.
        panels: Metrics that are drawn, with their heads.
        what: The structures are called so.
        spec_type: Of a run.
    """
    title = f"Errors on test {what}"
    if results[0]["spec"]["levels"]:
        errors = _noise(rows, results, panels, f"{title} by noise level")
    else:
        errors = errors_by_model(results, rows, panels, title)
    return [
        errors,
        training_curves(
            results,
            metric="val_bond_mae",
            label="validation bond lengths, MAE / Å",
            log=True,
            text=f"Bond-length error on validation {what}; band: range over seeds.",
        ),
        predictions(
            results,
            spec_type,
            lambda key: _pictures(read_npz(out / "runs" / key / "structures.npz"), what),
            "Structures",
            TEXT,
        ),
    ]


def _noise(rows: Sequence[Row], results: Results, shown: Panels, title: str) -> Section:
    levels, losses = results[0]["spec"]["levels"], in_order(results, "loss")

    def series(model: str, loss: str, metric: str) -> Series:
        values: list[list[float]] = []
        for level in levels:
            wanted = {"model": model, "loss": loss, "noise": f"{level:g} Å"}
            found = [row["values"].get(metric) for row in rows if row["labels"] == wanted]
            values.append([v for m in found if m for v in m["values"] if v is not None])
        return {"label": loss, "x": list(levels), "values": values}

    panels: list[CurvePanel] = [
        {
            "title": model,
            "x": {"label": "noise level / Å", "log": True},
            "y": {"label": head, "log": True},
            "series": [series(model, loss, metric) for loss in losses],
        }
        for metric, head in (shown[0], shown[3])
        for model in in_order(results, "model")
    ]
    text = "Bars: standard deviation over seeds."
    return section("curves", title, text, panels=panels, rows=2, markers=True)


def atom_energies(predicted: NDArray[np.float64], true: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy of the springs at each atom, [num_atoms]: half of each spring to either end.

    Complete graph, exponential stiffness; the sum is `functional.complete_pair_energy`.
    """
    loss = PairEnergyLoss("exponential", edges="complete")
    data = Data(pos=torch.from_numpy(true))
    energy: NDArray[np.float64] = loss.atom_energies(torch.from_numpy(predicted), data).numpy()
    return energy


def _pictures(
    arrays: Mapping[str, NDArray[Any]], what: str
) -> Iterator[tuple[Structure, Structure | None]]:
    """The true and the predicted structure, None where that is not finite."""
    ptr = arrays["ptr"]
    owner = np.searchsorted(ptr, arrays["bonds"][0], side="right") - 1
    for i, (start, stop) in enumerate(pairwise(ptr)):
        z, bonds = arrays["z"][start:stop], arrays["bonds"][:, owner == i] - start
        true, predicted = (
            arrays[name][start:stop].astype(float) for name in ("pos_true", "pos_pred")
        )
        name = f"{formula(z)} (test {what.removesuffix('s')} {i + 1})"
        real = structure(name, z, true, bonds.T)
        finite = np.isfinite(predicted).all()
        yield real, _prediction(predicted, true, z, bonds) if finite else None


def _prediction(
    predicted: NDArray[Any], true: NDArray[Any], z: NDArray[Any], bonds: NDArray[Any]
) -> Structure:
    group = generators(z, bonds)
    relabelled = true[best_permutation(predicted, true, group)]
    made = structure("", z, superpose(predicted, relabelled), bonds.T)
    made["energy"] = atom_energies(predicted, true).round(4).tolist()
    made["note"] = f"RMSD {best_rmsd(predicted, true, group):.3f} Å"
    return made
