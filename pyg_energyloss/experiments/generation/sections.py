"""Pictures and plots of generated molecules, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch_geometric.data import Data

from pyg_energyloss.data.bond_tables import VALENCES, bond_orders
from pyg_energyloss.experiments.data import load_splits
from pyg_energyloss.experiments.generation.sampling import read_samples
from pyg_energyloss.experiments.generation.spec import GeneratorSpec
from pyg_energyloss.experiments.plots import (
    Results,
    curve_panel,
    in_order,
    lines_of,
    point_panel,
    points_of,
    section,
    structure,
)
from pyg_energyloss.report.document import Row, Section
from pyg_energyloss.report.kinds.structures import Structure

PANELS = (
    ("atom_stable", "stable atoms, %"),
    ("molecule_stable", "stable molecules, %"),
    ("mmd_bond", "MMD of bond lengths"),
    ("mmd_angle", "MMD of angles"),
)
WRONG = "atoms of a wrong type"
#: Molecules of each generator in the picture.
SHOWN = 7
#: Distances in the histogram, Å, and real molecules that it is made of.
EDGES, REAL_MOLECULES = np.linspace(0.6, 2.0, 141), 500


def sections(
    results: Results, rows: Sequence[Row], baselines: Sequence[Row], *, out: Path
) -> list[Section]:
    """The first molecules of the first seed, metrics, distances, training curves."""
    first = min(in_order(results, "seed"))
    specs = [GeneratorSpec.from_dict(r["spec"]) for r in results]
    made = {
        spec.label: read_samples(spec, out / "runs" / spec.key / "samples-averaged")
        for spec in specs
        if spec.seed == first
    }
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for spec, result in zip(specs, results, strict=True):
        groups.setdefault(spec.label, []).append(result)
    bonds = "bond lengths, MAE / Å"
    panels = [
        curve_panel(bonds, bonds, "val_bond_mae", groups),
        curve_panel(WRONG, WRONG, "val_types_wrong", groups),
    ]
    text = "Averaged weights on validation molecules at one noise level; band: range over seeds."
    return [
        _molecules(made, first),
        _metrics(rows, baselines),
        _lengths(made, specs[0], first),
        section("curves", "Training", text, panels=panels, rows=1, markers=False),
    ]


def _molecules(made: Mapping[str, Sequence[Data]], seed: int) -> Section:
    text = (
        f"The first molecules generated with averaged weights, seed {seed}, not selected. "
        "Bonds: those that the distances tell; rings: atoms whose valence is not filled."
    )
    sets = [
        {"label": label, "structures": [_structure(m) for m in molecules[:SHOWN]]}
        for label, molecules in made.items()
    ]
    return section("structures", "Molecules", text, references=[], sets=sets)


def _structure(molecule: Data) -> Structure | None:
    z, pos = molecule.z.numpy(), molecule.pos.double().numpy()
    if not len(z) or not np.isfinite(pos).all():
        return None
    orders = bond_orders(z, pos)
    pairs = np.argwhere(np.triu(orders))
    made = structure("", z, pos, pairs)
    made["orders"] = [int(orders[i, j]) for i, j in pairs]
    filled = zip(orders.sum(1), made["elements"], strict=True)
    made["marked"] = [int(n) not in VALENCES.get(symbol, ()) for n, symbol in filled]
    return made


def _metrics(rows: Sequence[Row], baselines: Sequence[Row]) -> Section:
    averaged = [row for row in rows if row["labels"].get("weights") == "averaged"]
    names = [row["labels"]["generator"] for row in averaged]
    panels = []
    for metric, title in PANELS:
        series = points_of(averaged, metric, "averaged weights", category="generator")
        if series["points"]:
            lines = lines_of(baselines, metric, "{generator}")
            panels.append(point_panel(title, [series], names, lines=lines))
    text = "Averaged weights; bars: standard deviation over seeds; line: real molecules."
    return section("bars", "Metrics", text, panels=panels, horizontal=True)


def _lengths(made: Mapping[str, Sequence[Data]], spec: GeneratorSpec, seed: int) -> Section:
    train = load_splits(spec.dataset, spec.dataset_options)["train"]
    sets = {"real": [train[i] for i in range(min(REAL_MOLECULES, len(train)))], **made}
    series = [
        {"label": label, "density": _density(molecules), "reference": label == "real"}
        for label, molecules in sets.items()
    ]
    text = f"Distances of generated atoms below 2 Å, seed {seed}; grey: real molecules."
    x = {"label": "distance of two atoms / Å", "log": False}
    edges = EDGES.round(4).tolist()
    return section("histograms", "Distances", text, x=x, edges=edges, series=series)


def _density(molecules: Iterable[Data]) -> list[float]:
    parts: list[NDArray[np.float64]] = [np.zeros(0)]
    for molecule in molecules:
        pos = molecule.pos.double().numpy()
        first, second = np.triu_indices(len(pos), 1)
        parts.append(np.linalg.norm(pos[first] - pos[second], axis=-1))
    counts = np.histogram(np.concatenate(parts), bins=EDGES)[0]
    density = counts / max(1, counts.sum()) / np.diff(EDGES)
    return [round(float(value), 6) for value in density]
