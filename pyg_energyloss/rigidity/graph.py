"""Edge lists as the rigidity tests read them: each pair once, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def undirected_pairs(edge_index: Any, num_nodes: int) -> NDArray[np.int64]:
    """Pairs i < j [2, num_pairs], sorted, each once; loops are dropped.

    Args:
        edge_index: [2, num_edges], tensor or array, one direction or both.
        num_nodes: number of nodes.

    Raises:
        ValueError: the shape is wrong or a node is out of range.

    Example:
        >>> undirected_pairs([[0, 1, 2], [1, 0, 1]], 3).tolist()
        [[0, 1], [1, 2]]
    """
    if hasattr(edge_index, "detach"):
        edge_index = edge_index.detach().cpu().numpy()
    edges = np.asarray(edge_index)
    if edges.ndim != 2 or edges.shape[0] != 2:  # noqa: PLR2004 - two ends
        raise ValueError(f"`edge_index` must have shape [2, num_edges], got {edges.shape}")
    edges = edges.astype(np.int64)
    if edges.size and not (edges.min() >= 0 and edges.max() < num_nodes):
        raise ValueError(
            f"`edge_index` must name nodes 0 to {num_nodes - 1}, got {edges.min()} to {edges.max()}"
        )
    low, high = edges.min(axis=0), edges.max(axis=0)
    number = np.unique((low * num_nodes + high)[low < high])
    return np.stack([number // max(num_nodes, 1), number % max(num_nodes, 1)])


def check_dim(dim: int) -> None:
    """Raise a ValueError unless ``dim`` is a dimension of space."""
    if dim < 1:
        raise ValueError(f"`dim` must be at least 1, got {dim}")


def is_complete(pairs: NDArray[np.int64], num_nodes: int) -> bool:
    """Whether every pair is there."""
    return bool(pairs.shape[1] == num_nodes * (num_nodes - 1) // 2)
