"""One `ase.Atoms` per graph of a PyG batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from ase import Atoms
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from torch import Tensor

Measure = Callable[[Atoms, Atoms], dict[str, float]]


def graph_slices(data: object) -> list[NDArray[np.intp]]:
    """Node numbers of each graph, in the order of the graphs.

    Args:
        data: a `Data` or `Batch`; without ``batch`` all nodes belong to one graph.

    Returns:
        One index array per graph; graphs without nodes give empty ones.
    """
    z = _numbers(data)
    batch = getattr(data, "batch", None)
    if batch is None:
        return [np.arange(len(z))]
    graph = batch.detach().cpu().numpy()
    count = int(getattr(data, "num_graphs", None) or (graph.max() + 1 if len(graph) else 0))
    order = np.argsort(graph, kind="stable")
    ends = np.cumsum(np.bincount(graph, minlength=count))
    return np.split(order, ends[:-1])


def graph_pairs(pos_pred: Tensor, data: object) -> Iterator[tuple[Atoms, Atoms]]:
    """Yield (predicted, true) structure of each graph.

    Args:
        pos_pred: predicted positions [num_nodes, 3], Å.
        data: has ``z`` [num_nodes] and ``pos`` [num_nodes, 3]; ``cell`` [num_graphs, 3, 3] and
            ``pbc`` [num_graphs, 3] if periodic.

    Raises:
        ValueError: ``data`` has no ``z`` or no ``pos``, or the shapes do not agree.
    """
    numbers = _numbers(data)
    pos_true = getattr(data, "pos", None)
    if pos_true is None:
        raise ValueError("`data` must have the true positions as `data.pos`, got none")
    if pos_pred.shape != pos_true.shape:
        raise ValueError(
            f"`pos_pred` must have the shape of `data.pos`, {tuple(pos_true.shape)}; "
            f"got {tuple(pos_pred.shape)}"
        )
    predicted, true = _numpy(pos_pred), _numpy(pos_true)
    cells, pbcs = getattr(data, "cell", None), getattr(data, "pbc", None)
    for number, nodes in enumerate(graph_slices(data)):
        periodic = {}
        if cells is not None:
            periodic["cell"] = _numpy(cells).reshape(-1, 3, 3)[number]
            given = None if pbcs is None else np.asarray(pbcs.cpu()).reshape(-1, 3)[number]
            periodic["pbc"] = True if given is None else given.astype(bool)
        yield (
            Atoms(numbers[nodes], predicted[nodes], **periodic),
            Atoms(numbers[nodes], true[nodes], **periodic),
        )


def measure_graphs(
    pos_pred: Tensor, data: object, measure: Measure, keys: list[str], max_graphs: int | None
) -> dict[str, Tensor]:
    """Apply ``measure`` to every graph; a graph that was not measured gives NaN in every key.

    Runs on one thread: tblite's threads gain nothing at this size, and when they share cores with
    other processes they spin for most of the time (seen here: 93 s in place of 1 s).

    Args:
        pos_pred: predicted positions [num_nodes, 3], Å.
        data: a `Data` or `Batch` with ``z`` and ``pos``.
        measure: (predicted, true) -> numbers; may leave keys out.
        keys: the keys of the result.
        max_graphs: only the first so many graphs are measured.

    Returns:
        For every key a float64 tensor [num_graphs] on the CPU.
    """
    rows: list[list[float]] = []
    with threadpool_limits(limits=1):
        for number, (predicted, true) in enumerate(graph_pairs(pos_pred, data)):
            wanted = max_graphs is None or number < max_graphs
            values = measure(predicted, true) if wanted else {}
            rows.append([values.get(key, float("nan")) for key in keys])
    table = torch.tensor(rows, dtype=torch.float64).reshape(len(rows), len(keys))
    return {key: table[:, column] for column, key in enumerate(keys)}


def _numpy(tensor: Tensor) -> NDArray[np.float64]:
    return tensor.detach().to("cpu", torch.float64).numpy()


def _numbers(data: object) -> NDArray[np.int64]:
    z = getattr(data, "z", None)
    if z is None:
        raise ValueError(
            "`data` must have atomic numbers as `data.z` [num_nodes], got none; "
            "the data sets of torch_geometric.datasets with 3D structures have them"
        )
    numbers: NDArray[np.int64] = z.detach().cpu().numpy().astype(np.int64)
    return numbers
