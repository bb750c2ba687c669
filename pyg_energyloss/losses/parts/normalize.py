"""Divisors that make the energies of small and large graphs comparable."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional import neighbour_weight
from pyg_energyloss.functional.graphs import compute_dtype, graph_sum
from pyg_energyloss.functional.node_weight import total_weight
from pyg_energyloss.losses.parts.graph_info import GraphInfo

NORMALIZERS = ("atoms", "atoms_squared", "pairs")


def check_normalize(normalize: str | None) -> str | None:
    """Return `normalize`; raise unless it is None or the name of a divisor.

    Raises:
        ValueError: it is something else.

    >>> check_normalize("atoms")
    'atoms'
    """
    if normalize is not None and normalize not in NORMALIZERS:
        raise ValueError(
            f"`normalize` must be one of {', '.join(NORMALIZERS)}, or None; got {normalize!r}"
        )
    return normalize


def atom_weight(info: GraphInfo) -> Tensor:
    """Return the number of atoms of each graph [num_graphs], or the sum of their weights.

    A graph of no weight counts as one.
    """
    return total_weight(info.pos, info.node_weight, info.batch, info.num_graphs)


def graph_ones(info: GraphInfo) -> Tensor:
    """Return a one for each graph [num_graphs]."""
    return torch.ones(info.num_graphs, dtype=compute_dtype(info.pos), device=info.pos.device)


def pair_weight(info: GraphInfo, edge_index: Tensor | None, cutoff: float | None) -> Tensor:
    """Return the number of pairs that are summed over [num_graphs], or the sum of their weights.

    A graph of no pairs counts as one.
    """
    weight, graphs = info.node_weight, (info.batch, info.num_graphs)
    if edge_index is not None:
        source, target = edge_index
        each = torch.ones(source.shape, dtype=compute_dtype(info.pos), device=source.device)
        each = each if weight is None else weight[source] * weight[target]
        pairs = graph_sum(each, None if info.batch is None else info.batch[source], info.num_graphs)
    elif cutoff is not None:
        pairs = neighbour_weight(info.pos, cutoff, **info.graphs)
    else:
        atoms = total_weight(info.pos, weight, *graphs)
        itself = atoms if weight is None else graph_sum(weight.square(), *graphs)
        pairs = atoms * atoms - itself
    return torch.where(pairs > 0, pairs, 1.0)
