"""Metrics of a trained model on the test molecules, and some structures to look at."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Batch

from pyg_energyloss import registry
from pyg_energyloss.data.loader import assemble
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.training.module import StructureModule
from pyg_energyloss.training.spec import RunSpec
from pyg_energyloss.training.tasks import Task

#: Test inputs are the same for every run, whatever its seed.
TEST_SEED = 20_251_102
BATCH_SIZE = 100


@torch.no_grad()
def evaluate(
    module: StructureModule, test: MoleculeDataset, task: Task, run: RunSpec
) -> tuple[list[dict[str, Any]], dict[str, NDArray[Any]]]:
    """Evaluate on the first ``run.eval_graphs`` test molecules.

    Returns:
        One row of metrics per noise level (a single row with level None if the task has none):
        means over the graphs for which a metric is defined, medians as ``median_<metric>``, and
        the number of such graphs as ``n_<metric>``.
        And the arrays of some structures, for pictures.
    """
    module.eval()
    evaluators = {
        name: registry.create("evaluator", name, **options)
        for name, options in run.evaluators.items()
    }
    rows: list[dict[str, Any]] = []
    structures: dict[str, NDArray[Any]] = {}
    for level in task.levels or (None,):
        values: dict[str, list[torch.Tensor]] = {}
        for index, batch in enumerate(inputs_of(test, task, graphs=run.eval_graphs, level=level)):
            pos = module(batch.to(module.device)).cpu()
            batch = batch.cpu()  # noqa: PLW2901 - the evaluators work on the CPU
            for name, evaluator in evaluators.items():
                # What is slow (quantum chemistry) looks at the first batch only.
                if index and "max_graphs" in run.evaluators[name]:
                    continue
                for metric, per_graph in evaluator(pos, batch).items():
                    values.setdefault(metric, []).append(per_graph.double())
            if index == 0:
                structures = _structures(pos, batch, run.keep_structures)
        rows.append({"level": level, **_means(values)})
    return rows, structures


def inputs_of(
    test: MoleculeDataset, task: Task, *, graphs: int, level: float | None
) -> list[Batch]:
    """Test batches whose random inputs are the same for every model, loss and seed."""
    generator = torch.Generator().manual_seed(TEST_SEED)
    rows = torch.arange(min(graphs, len(test)))
    return [
        task.prepare(assemble(test, part), generator, level=level)
        for part in rows.split(BATCH_SIZE)
    ]


def _means(values: dict[str, list[torch.Tensor]]) -> dict[str, float | int]:
    means: dict[str, float | int] = {}
    for metric, parts in values.items():
        joined = torch.cat(parts)
        defined = joined[~joined.isnan()]
        means[metric] = float(defined.mean()) if len(defined) else float("nan")
        means[f"median_{metric}"] = float(defined.median()) if len(defined) else float("nan")
        means[f"n_{metric}"] = len(defined)
    return means


def _structures(pos: torch.Tensor, batch: Batch, count: int) -> dict[str, NDArray[Any]]:
    count = min(count, batch.num_graphs)
    atoms = int(batch.ptr[count])
    bonds = batch.edge_index[:, (batch.edge_index[0] < atoms)]
    return {
        "ptr": batch.ptr[: count + 1].numpy(),
        "z": batch.z[:atoms].numpy(),
        "pos_pred": pos[:atoms].numpy().astype(np.float32),
        "pos_true": batch.pos[:atoms].numpy().astype(np.float32),
        "bonds": bonds[:, bonds[0] < bonds[1]].numpy(),
        "mol_id": batch.mol_id[:count].numpy(),
    }
