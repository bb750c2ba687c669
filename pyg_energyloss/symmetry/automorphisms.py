"""Automorphisms of a graph by generators; the group itself is never enumerated."""

from __future__ import annotations

import torch
from torch import Tensor


def automorphism_generators(
    edge_index: Tensor, num_nodes: int, *, colors: Tensor | None = None
) -> Tensor:
    """Return generators of the automorphism group of an undirected graph.

    Args:
        edge_index: Edges, one or both directions, [2, num_edges].
        num_nodes: Number of nodes.
        colors: Node colours that an automorphism must keep (elements), [num_nodes].

    Returns:
        Permutations [num_generators, num_nodes]: row g maps node i to ``g[i]``.

    Raises:
        ImportError: igraph is missing.

    >>> automorphism_generators(torch.tensor([[0, 1], [1, 2]]), 3).tolist()
    [[2, 1, 0]]

    Source: Junttila, Kaski, "Engineering an efficient canonical labeling tool for large and sparse
    graphs" (BLISS), ALENEX 2007, through python-igraph.
    """
    try:
        import igraph
    except ImportError as error:
        raise ImportError(
            "automorphisms need python-igraph: pip install 'pyg-energyloss[chem]'"
        ) from error
    graph = igraph.Graph(n=num_nodes, edges=edge_index.t().tolist()).simplify()
    color = None if colors is None else torch.unique(colors, return_inverse=True)[1].tolist()
    found = graph.automorphism_group(color=color)
    return torch.tensor(found, dtype=torch.long).reshape(len(found), num_nodes)
