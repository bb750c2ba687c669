"""The bonds of a spin system: every pair once, whichever way the edges were stored."""

from __future__ import annotations

import torch
from torch import Tensor


def undirected_bonds(edge_index: Tensor, coupling: Tensor) -> tuple[Tensor, Tensor]:
    """Return every bond once, with its coupling.

    A bond may come once (in either order) or in both directions, as PyG stores undirected graphs.

    Args:
        edge_index: pairs of nodes, [2, num_edges].
        coupling: J of each pair, [num_edges] or [num_edges, 1].

    Returns:
        ``edge_index`` [2, num_bonds] with the smaller node first, sorted, and ``coupling``
        [num_bonds]; the couplings keep their gradient.

    Raises:
        TypeError: ``edge_index`` is not of integers.
        ValueError: wrong shapes, a node joined to itself, a bond given twice in one direction, or
            two directions whose couplings differ.

    Example:
        >>> undirected_bonds(torch.tensor([[1, 0], [0, 1]]), torch.tensor([0.5, 0.5]))
        (tensor([[0],
                [1]]), tensor([0.5000]))
    """
    coupling = _checked(edge_index, coupling)
    if edge_index.size(1) == 0:
        return edge_index, coupling
    low, high = edge_index.min(dim=0).values, edge_index.max(dim=0).values
    if bool((low == high).any()):
        raise ValueError(
            "`edge_index` must not join a node to itself: s_i s_i is a constant; "
            "remove self-loops first (torch_geometric.utils.remove_self_loops)"
        )
    key = low * (high.max() + 1) + high
    key, order = key.sort(stable=True)
    low, high, coupling = low[order], high[order], coupling[order]
    again = key[1:] == key[:-1]
    if bool(again.any()):
        _check_pairs(edge_index[0, order], coupling, again)
        first = torch.ones_like(key, dtype=torch.bool)
        first[1:] = ~again
        low, high, coupling = low[first], high[first], coupling[first]
    return torch.stack([low, high]), coupling


def without_column(values: Tensor) -> Tensor:
    """Return [n, 1] as [n], anything else as it is.

    Example:
        >>> without_column(torch.ones(3, 1))
        tensor([1., 1., 1.])
    """
    return values.squeeze(-1) if values.dim() == 2 and values.size(-1) == 1 else values  # noqa: PLR2004


def _checked(edge_index: Tensor, coupling: Tensor) -> Tensor:
    kind = edge_index.dtype
    if kind.is_floating_point or kind.is_complex or kind == torch.bool:
        raise TypeError(
            f"`edge_index` must be an integer tensor [2, num_edges], got {kind}; list the pairs "
            "of a matrix with torch_geometric.utils.dense_to_sparse"
        )
    if edge_index.dim() != 2 or edge_index.size(0) != 2:  # noqa: PLR2004 - [2, num_edges]
        raise ValueError(
            f"`edge_index` must have shape [2, num_edges], got {list(edge_index.shape)}"
        )
    flat = without_column(coupling)
    if flat.dim() != 1 or flat.numel() != edge_index.size(1):
        raise ValueError(
            f"`coupling` must hold one number per edge, shape [{edge_index.size(1)}], "
            f"got {list(coupling.shape)}"
        )
    return flat


def _check_pairs(source: Tensor, coupling: Tensor, again: Tensor) -> None:
    thrice = bool((again[1:] & again[:-1]).any())
    if thrice or bool((source[1:] == source[:-1])[again].any()):
        raise ValueError(
            "`edge_index` must hold a bond once or once in each direction; "
            "one is repeated in the same direction; add the couplings of repeated bonds first "
            "(torch_geometric.utils.coalesce)"
        )
    if not bool((coupling[1:] == coupling[:-1])[again].all()):
        raise ValueError(
            "`coupling` must be equal in both directions of a bond; two directions differ (or are "
            "NaN); symmetrise it, or give every bond once"
        )
