"""Metrics of a trained model on the test molecules, and some structures to look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Batch

from pyg_energyloss import registry
from pyg_energyloss.data.loader import assemble
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.experiments.experiment import Measurement
from pyg_energyloss.experiments.structures.spec import StructureSpec
from pyg_energyloss.experiments.structures.tasks import Task

#: Test inputs are the same for every run, whatever its seed.
TEST_SEED = 20_251_102
BATCH_SIZE = 100


class Evaluation(NamedTuple):
    """What a trained model comes to.

    Attributes:
        measurements: One per noise level (a single one if the task has none): means over the graphs
            for which a metric is defined, medians as ``median_<metric>``, and the number of such
            graphs as ``n_<metric>``.
        structures: Arrays of some structures, for pictures.
        molecules: Metric (``metric@level`` with noise levels) -> its value for each molecule.
    """

    measurements: list[Measurement]
    structures: dict[str, NDArray[Any]]
    molecules: dict[str, NDArray[Any]]


def evaluate(
    network: Callable[[Batch], torch.Tensor],
    molecules: MoleculeDataset,
    task: Task,
    spec: StructureSpec,
    *,
    device: torch.device,
) -> Evaluation:
    """Evaluate on the first ``spec.eval_graphs`` molecules, the same for every run."""
    evaluators = {
        name: registry.create("evaluator", name, **options)
        for name, options in spec.evaluators.items()
    }
    found: list[Measurement] = []
    structures: dict[str, NDArray[Any]] = {}
    of_molecules: dict[str, NDArray[Any]] = {}
    for level in task.levels or (None,):
        values: dict[str, list[torch.Tensor]] = {}
        for index, batch in enumerate(
            inputs_of(molecules, task, graphs=spec.eval_graphs, level=level)
        ):
            pos = network(batch.to(device)).cpu()
            batch = batch.cpu()  # noqa: PLW2901 - the evaluators work on the CPU
            for name, evaluator in evaluators.items():
                # What is slow (quantum chemistry) looks at the first batch only.
                if index and "max_graphs" in spec.evaluators[name]:
                    continue
                for metric, per_graph in evaluator(pos, batch).items():
                    values.setdefault(metric, []).append(per_graph.double())
            if index == 0:
                structures = _structures(pos, batch, spec.keep_structures)
        labels = {} if level is None else {"noise": f"{level:g} Å"}
        found.append({"labels": labels, "values": _means(values)})
        at = "" if level is None else f"@{level:g}"
        for metric, parts in values.items():
            of_molecules[f"{metric}{at}"] = torch.cat(parts).numpy()
    return Evaluation(found, structures, of_molecules)


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


def _means(values: dict[str, list[torch.Tensor]]) -> dict[str, float | None]:
    means: dict[str, float | None] = {}
    for metric, parts in values.items():
        joined = torch.cat(parts)
        defined = joined[~joined.isnan()]
        means[metric] = float(defined.mean()) if len(defined) else None
        means[f"median_{metric}"] = float(defined.median()) if len(defined) else None
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
