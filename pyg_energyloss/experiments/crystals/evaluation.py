"""Metrics of predicted crystals on the test split."""

from __future__ import annotations

from collections.abc import Callable
from importlib import util
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch

from pyg_energyloss.data.crystals import CrystalDataset
from pyg_energyloss.data.loader import assemble
from pyg_energyloss.experiments.crystals.pictures import Arrays, kept
from pyg_energyloss.experiments.crystals.spec import CrystalSpec
from pyg_energyloss.experiments.crystals.tasks import CrystalTask
from pyg_energyloss.experiments.experiment import Measurement
from pyg_energyloss.metrics.crystals import (
    CrystalEvaluator,
    crystals,
    distance_errors,
    lattice_errors,
)

#: Test inputs are the same for every run, whatever its seed.
TEST_SEED = 20_251_102

Prediction = tuple[Tensor, Tensor | None]


def matcher_is_there() -> bool:
    """Whether pymatgen can be imported."""
    return util.find_spec("pymatgen") is not None


def evaluate(
    predict: Callable[[Batch], Prediction],
    test: CrystalDataset,
    task: CrystalTask,
    spec: CrystalSpec,
    *,
    device: torch.device,
) -> tuple[list[Measurement], Arrays]:
    """Evaluate on the first ``spec.eval_graphs`` test crystals, at each noise level.

    Errors of distances and lattices are means over all of these, what pymatgen's matcher says is
    over the first ``spec.match_graphs``, and left out where it is not installed. Beside the means
    come the crystals that are drawn, at the last level.
    """
    found: list[Measurement] = []
    drawn: Arrays = {}
    for level in task.levels or (None,):
        generator = torch.Generator().manual_seed(TEST_SEED)
        rows = torch.arange(min(spec.eval_graphs, len(test)))
        batch = task.prepare(assemble(test, rows), generator, level=level).to(device)
        pos, cell = predict(batch)
        drawn = kept(pos, cell, batch)
        values: dict[str, Tensor] = {"distance_mae": distance_errors(pos, batch, cell)}
        if cell is not None:
            values.update(lattice_errors(cell, batch.cell))
        means: dict[str, float | None] = {k: _mean(v) for k, v in values.items()}
        if matcher_is_there():
            means.update(_matched(pos.cpu(), cell, batch.cpu(), spec.match_graphs))
        labels = {} if level is None else {"noise": f"{level:g} Å"}
        found.append({"labels": labels, "values": means})
    return found, drawn


def start_of(batch: Batch) -> Prediction:
    """The input itself, as a prediction."""
    return batch.input_pos, None if batch.cell_known else batch.input_cell


def _matched(pos: Tensor, cell: Tensor | None, batch: Batch, count: int) -> dict[str, float | None]:
    """Match rate, RMSD, METRe and cRMSE of the first crystals."""
    evaluator, count = CrystalEvaluator(), min(count, batch.num_graphs)
    part: Any = Batch.from_data_list(batch.to_data_list()[:count])
    atoms = int(part.ptr[-1])
    lattice = None if cell is None else cell[:count].cpu()
    predicted, true = crystals(pos[:atoms], part, lattice), crystals(part.pos, part)
    single = evaluator.pairs(predicted, true)
    return {
        "match": _mean(single["match"]),
        "rmsd": _mean(single["rmsd"]),
        **evaluator.everyone(predicted, true),
    }


def _mean(values: Tensor) -> float | None:
    defined = values[~values.isnan()]
    return float(defined.mean()) if len(defined) else None
