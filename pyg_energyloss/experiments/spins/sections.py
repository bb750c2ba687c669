"""Plots and pictures of the spin table, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.experiments.plots import (
    Results,
    in_order,
    lines_of,
    point_panel,
    points_of,
    section,
    training_curves,
    where,
)
from pyg_energyloss.experiments.spins.spec import SpinSpec
from pyg_energyloss.files import read_npz
from pyg_energyloss.report.document import Row, Section
from pyg_energyloss.report.kinds.lattices import System
from pyg_energyloss.spins import SpinSystems

#: Test systems in the picture.
SHOWN = 2
EXCESS, GREEDY = "excess energy over the exact ground state", "excess_greedy"
TEXT = (
    "Ground state and predictions for test systems; the global sign of a prediction is turned to "
    "agree with the target. Squares: spins, red where they differ from the ground state. Lines: "
    "unsatisfied bonds, the thicker the stronger."
)


def sections(
    results: Results, rows: Sequence[Row], baselines: Sequence[Row], test: SpinSystems, *, out: Path
) -> list[Section]:
    """Excess energies by loss, training curves, configurations of the first seed."""
    return [
        _excess(rows, baselines, results),
        training_curves(
            results,
            metric="excess",
            label="excess energy",
            log=False,
            text="Excess energy on test systems; band: range over seeds.",
        ),
        _configurations(results, test, out),
    ]


def _excess(rows: Sequence[Row], baselines: Sequence[Row], results: Results) -> Section:
    lines = lines_of(baselines, GREEDY, "{loss}, greedy")
    panels = []
    for model in in_order(results, "model"):
        series = [
            points_of(
                rows,
                metric,
                label,
                category="loss",
                wanted={"model": model},
                hollow=metric == GREEDY,
            )
            for metric, label in (("excess_energy", "prediction"), (GREEDY, "after greedy descent"))
        ]
        losses = in_order(results, "loss")
        panels.append(point_panel(model, series, losses, axis=EXCESS, lines=lines))
    text = (
        "Of the prediction and after greedy descent from it; bars: standard deviation over seeds; "
        "lines: baselines without learning."
    )
    return section("dots", "Excess energy on test systems", text, panels=panels, horizontal=True)


def _configurations(results: Results, test: SpinSystems, out: Path) -> Section:
    model, seed = results[0]["spec"]["model"], min(in_order(results, "seed"))
    predicted: dict[str, NDArray[np.float32]] = {}
    for result in where(results, model=model, seed=seed):
        spec = SpinSpec.from_dict(result["spec"])
        path = out / "runs" / spec.key / "predictions.npz"
        predicted.setdefault(spec.loss, read_npz(path)["logits"])
    bonds = test.edge_index.T.numpy()
    count = min([SHOWN, len(test), *(len(logits) for logits in predicted.values())])
    systems = [_system(test, index, predicted, bonds) for index in range(count)]
    shape = list(test.shape)
    return section(
        "lattices", "Configurations", TEXT, shape=shape, bonds=bonds.tolist(), systems=systems
    )


def _system(
    test: SpinSystems,
    index: int,
    predicted: Mapping[str, NDArray[np.float32]],
    bonds: NDArray[np.int64],
) -> System:
    target = test.spins[index].numpy().astype(float)
    coupling = test.coupling[index].numpy()

    def picture(label: str, logits: NDArray[np.float32]) -> Any:
        spins = np.where(logits >= 0, 1.0, -1.0)
        spins = spins * (1.0 if spins @ target >= 0 else -1.0)
        kept = coupling * spins[bonds[:, 0]] * spins[bonds[:, 1]]
        energy = -float(kept.sum(dtype=np.float64))
        return {"label": label, "spins": spins.astype(int).tolist(), "energy": energy}

    return {
        "coupling": coupling.astype(float).tolist(),
        "target": target.astype(int).tolist(),
        "energy": float(test.energy[index]),
        "pictures": [picture(loss, logits[index]) for loss, logits in predicted.items()],
    }
