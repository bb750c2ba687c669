"""Plots and pictures of the spin table, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.experiments.plots import points_of, training_curves
from pyg_energyloss.experiments.spins.spec import SpinSpec
from pyg_energyloss.experiments.summary import mean_of
from pyg_energyloss.files import read_npz
from pyg_energyloss.report.document import Line, PointPanel, Row, Section, System
from pyg_energyloss.spins import SpinSystems

#: Test systems in the picture.
SHOWN = 2


def sections(
    results: Sequence[Mapping[str, Any]],
    rows: Sequence[Row],
    baselines: Sequence[Row],
    test: SpinSystems,
    *,
    out: Path,
) -> list[Section]:
    """Excess energies by loss, training curves, configurations of the first seed."""
    models = list(dict.fromkeys(r["spec"]["model"] for r in results))
    losses = list(dict.fromkeys(r["spec"]["loss"] for r in results))
    return [
        _excess(rows, baselines, models, losses),
        training_curves(
            results,
            models,
            losses,
            metric="excess",
            label="excess energy",
            log=False,
            text="Excess energy on test systems; band: range over seeds.",
        ),
        _configurations(results, test, models[0], out),
    ]


def _excess(
    rows: Sequence[Row], baselines: Sequence[Row], models: Sequence[str], losses: Sequence[str]
) -> Section:
    lines: list[Line] = [
        {"label": f"{row['labels']['loss']}, greedy", "value": value}
        for row in baselines
        if (value := mean_of(row, "excess_greedy")) is not None
    ]
    panels: list[PointPanel] = [
        {
            "title": model,
            "axis": {"label": "excess energy over the exact ground state", "log": False},
            "categories": list(losses),
            "series": [
                points_of(
                    rows,
                    metric,
                    label,
                    category="loss",
                    wanted={"model": model},
                    hollow=metric == "excess_greedy",
                )
                for metric, label in (
                    ("excess_energy", "prediction"),
                    ("excess_greedy", "after greedy descent"),
                )
            ],
            "lines": lines,
        }
        for model in models
    ]
    return {
        "kind": "dots",
        "title": "Excess energy on test systems",
        "text": "Of the prediction and after greedy descent from it; bars: standard deviation over "
        "seeds; lines: baselines without learning.",
        "data": {"panels": panels, "horizontal": True},
    }


def _configurations(
    results: Sequence[Mapping[str, Any]], test: SpinSystems, model: str, out: Path
) -> Section:
    seed = min(r["spec"]["seed"] for r in results)
    predicted: dict[str, NDArray[np.float32]] = {}
    for result in results:
        spec = SpinSpec.from_dict(result["spec"])
        if (spec.seed, spec.model) == (seed, model):
            path = out / "runs" / spec.key / "predictions.npz"
            predicted.setdefault(spec.loss, read_npz(path)["logits"])
    bonds = test.edge_index.T.numpy()
    count = min([SHOWN, len(test), *(len(logits) for logits in predicted.values())])
    return {
        "kind": "lattices",
        "title": "Configurations",
        "text": "Ground state and predictions for test systems; the global sign of a prediction is "
        "turned to agree with the target. Squares: spins, red where they differ from the ground "
        "state. Lines: unsatisfied bonds, the thicker the stronger.",
        "data": {
            "shape": list(test.shape),
            "bonds": bonds.tolist(),
            "systems": [_system(test, index, predicted, bonds) for index in range(count)],
        },
    }


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
