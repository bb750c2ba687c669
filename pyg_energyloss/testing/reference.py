"""Independent references: double loops in numpy, float64, straight from the formula."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def _harmonic(predicted: float, target: float) -> tuple[float, float]:
    return 0.5 * (predicted - target) ** 2, predicted - target


def pair_energy_loop(
    pos_pred: ArrayLike,
    pos_target: ArrayLike,
    edge_index: ArrayLike,
    stiffness: Callable[[float], float],
    *,
    edge_weight: Any = None,
    shift: Any = None,
    batch: Any = None,
    num_graphs: int = 1,
    potential: Callable[[float, float], tuple[float, float]] = _harmonic,
    cutoff: float = math.inf,
    node_weight: Any = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the pair energy of each graph and its gradient, one column at a time.

    Args:
        pos_pred: predicted positions [num_nodes, dim].
        pos_target: true positions [num_nodes, dim].
        edge_index: pairs [2, num_edges].
        stiffness: true distance -> k, of plain floats.
        edge_weight: factor of each column [num_edges].
        shift: Cartesian lattice shift of each column [num_edges, dim].
        batch: graph of every node [num_nodes].
        num_graphs: number of graphs.
        potential: (predicted, true) distance -> energy and its slope, of plain floats.
        cutoff: true distance from which on there is no spring.
        node_weight: weight of each node [num_nodes].

    >>> pair_energy_loop([[0.0], [3.0]], [[0.0], [1.0]], [[0], [1]], lambda d: 1.0)[0]
    array([2.])

    Source: arXiv 2511.02087, eq 7.
    """
    pred = np.asarray(pos_pred, dtype=np.float64)
    target = np.asarray(pos_target, dtype=np.float64)
    energy, gradient = np.zeros(num_graphs), np.zeros_like(pred)
    for column, (i, j) in enumerate(np.asarray(edge_index).T):
        move = 0.0 if shift is None else np.asarray(shift, dtype=np.float64)[column]
        bond, rest = pred[j] - pred[i] + move, target[j] - target[i] + move
        length, rest_length = np.linalg.norm(bond), np.linalg.norm(rest)
        k = stiffness(float(rest_length))
        if edge_weight is not None:
            k *= float(edge_weight[column])
        if node_weight is not None:
            k *= float(node_weight[i]) * float(node_weight[j])
        if rest_length >= cutoff or i == j:
            continue
        value, slope = potential(float(length), float(rest_length))
        energy[0 if batch is None else int(batch[i])] += k * value
        if length > 0:
            force = k * slope * bond / length
            gradient[j] += force
            gradient[i] -= force
    return energy, gradient


def all_pairs(batch: ArrayLike) -> NDArray[np.int64]:
    """Return all ordered pairs of atoms of one graph [2, num_pairs].

    >>> all_pairs([0, 0, 1])
    array([[0, 1],
           [1, 0]])
    """
    graph = np.asarray(batch)
    same = graph[:, None] == graph[None, :]
    np.fill_diagonal(same, val=False)
    return np.stack(np.nonzero(same)).astype(np.int64)
