"""Plots and pictures of a comparison, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Data

from pyg_energyloss.data.elements import SYMBOLS, formula
from pyg_energyloss.experiments.plots import (
    Results,
    in_order,
    point_panel,
    points_of,
    section,
    training_curves,
    where,
)
from pyg_energyloss.experiments.structures.spec import StructureSpec
from pyg_energyloss.files import read_npz
from pyg_energyloss.losses import PairEnergyLoss
from pyg_energyloss.metrics.rmsd import best_permutation, best_rmsd, generators, superpose
from pyg_energyloss.report.document import CurvePanel, Row, Section, Series, Structure

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
    noise = results[0]["spec"]["levels"]
    return [
        _noise(rows, results, panels, what) if noise else _errors(rows, results, panels, what),
        training_curves(
            results,
            metric="val_bond_mae",
            label="validation bond lengths, MAE / Å",
            log=True,
            text=f"Bond-length error on validation {what}; band: range over seeds.",
        ),
        _structures(results, out, what, spec_type),
    ]


def _errors(rows: Sequence[Row], results: Results, shown: Panels, what: str) -> Section:
    text = "By model and loss, logarithmic, lower is better; bars: standard deviation."
    losses, panels = in_order(results, "loss"), []
    for metric, title in shown:
        series = [
            points_of(rows, metric, loss, category="model", wanted={"loss": loss})
            for loss in losses
        ]
        if any(s["points"] for s in series):
            panels.append(point_panel(title, series, in_order(results, "model"), log=True))
    return section("dots", f"Errors on test {what}", text, panels=panels, horizontal=False)


def _noise(rows: Sequence[Row], results: Results, shown: Panels, what: str) -> Section:
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
    title, text = f"Errors on test {what} by noise level", "Bars: standard deviation over seeds."
    return section("curves", title, text, panels=panels, rows=2, markers=True)


def _structures(results: Results, out: Path, what: str, spec_type: type[StructureSpec]) -> Section:
    references: list[Structure] = []
    sets = []
    for model, loss in in_order(results, "model", "loss"):
        spec = spec_type.from_dict(where(results, model=model, loss=loss)[0]["spec"])
        parts = list(_parts(read_npz(out / "runs" / spec.key / "structures.npz")))
        references = references or [
            _structure(
                part,
                part["pos_true"],
                f"{formula(part['z'])} (test {what.removesuffix('s')} {i + 1})",
            )
            for i, part in enumerate(parts)
        ]
        sets.append({"label": spec.label, "structures": [_prediction(part) for part in parts]})
    return section("structures", "Structures", TEXT, references=references, sets=sets)


def atom_energies(predicted: NDArray[np.float64], true: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy of the springs at each atom, [num_atoms]: half of each spring to either end.

    Complete graph, exponential stiffness; the sum is `functional.complete_pair_energy`.
    """
    loss = PairEnergyLoss("exponential", edges="complete")
    data = Data(pos=torch.from_numpy(true))
    energy: NDArray[np.float64] = loss.atom_energies(torch.from_numpy(predicted), data).numpy()
    return energy


def _prediction(part: Mapping[str, NDArray[Any]]) -> Structure | None:
    predicted, true = part["pos_pred"], part["pos_true"]
    if not np.isfinite(predicted).all():
        return None
    group = generators(part["z"], part["bonds"])
    relabelled = true[best_permutation(predicted, true, group)]
    made = _structure(part, superpose(predicted, relabelled), "")
    made["energy"] = atom_energies(predicted, true).round(4).tolist()
    made["note"] = f"RMSD {best_rmsd(predicted, true, group):.3f} Å"
    return made


def _structure(part: Mapping[str, NDArray[Any]], pos: NDArray[Any], name: str) -> Structure:
    return {
        "name": name,
        "elements": [SYMBOLS[int(z)] for z in part["z"]],
        "pos": pos.round(3).tolist(),
        "bonds": part["bonds"].T.tolist(),
    }


def _parts(arrays: Mapping[str, NDArray[Any]]) -> Iterable[dict[str, NDArray[Any]]]:
    bonds, ptr = arrays["bonds"], arrays["ptr"]
    owner = np.searchsorted(ptr, bonds[0], side="right") - 1
    for i, (start, stop) in enumerate(pairwise(ptr)):
        yield {
            "z": arrays["z"][start:stop],
            "pos_true": arrays["pos_true"][start:stop].astype(float),
            "pos_pred": arrays["pos_pred"][start:stop].astype(float),
            "bonds": bonds[:, owner == i] - start,
        }
