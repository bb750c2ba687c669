"""Descent to a local minimum of the energy, without temperature: two kinds."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.bonds import undirected_bonds
from pyg_energyloss.spins.coloring import color_classes


def greedy_descent(
    edge_index: Tensor, coupling: Tensor, spins: Tensor, *, batch: Tensor | None = None
) -> Tensor:
    """Flip, in every graph at once, the spin that lowers the energy most, until none does.

    Args:
        edge_index: bonds, once or in both directions, [2, num_edges].
        coupling: J of each bond, [num_edges].
        spins: start, +1 or -1, [num_nodes].
        batch: graph of each node, [num_nodes]; None: one graph.

    Returns:
        Spins that no single flip improves, [num_nodes].

    Example:
        >>> edges = torch.tensor([[0, 1], [1, 2]])
        >>> greedy_descent(edges, torch.ones(2), torch.tensor([1.0, -1.0, 1.0]))
        tensor([1., 1., 1.])
    """
    field_of = _Fields(edge_index, coupling, spins)
    spins = spins.clone()
    graph = torch.zeros(len(spins), dtype=torch.long, device=spins.device)
    graph = graph if batch is None else batch
    graphs = int(graph.max()) + 1 if len(graph) else 0
    nodes = torch.arange(len(spins), device=spins.device)
    while True:
        gain = -spins * field_of(spins)
        best = gain.new_zeros(graphs).scatter_reduce(0, graph, gain, "amax")
        candidate = (gain > 0) & (gain == best[graph])
        if not bool(candidate.any()):
            return spins
        # Of equal candidates the first: two neighbours must not flip at once.
        chosen = nodes.new_full((graphs,), len(nodes))
        chosen = chosen.scatter_reduce(0, graph[candidate], nodes[candidate], "amin")
        chosen = chosen[chosen < len(nodes)]
        spins[chosen] *= -1


def zero_temperature(edge_index: Tensor, coupling: Tensor, spins: Tensor) -> Tensor:
    """Align spins with their local field, independent sets in turn, until all are aligned.

    Args:
        edge_index: bonds, once or in both directions, [2, num_edges].
        coupling: J of each bond, [num_edges].
        spins: start, +1 or -1, [num_nodes].

    Returns:
        Spins that no single flip improves, [num_nodes].

    Example:
        >>> edges = torch.tensor([[0, 1], [1, 2]])
        >>> zero_temperature(edges, -torch.ones(2), torch.tensor([1.0, 1.0, 1.0]))
        tensor([-1.,  1., -1.])
    """
    field_of = _Fields(edge_index, coupling, spins)
    classes = color_classes(edge_index, len(spins))
    spins = spins.clone()
    changed = True
    while changed:
        changed = False
        for nodes in classes:
            wrong = nodes[(spins * field_of(spins))[nodes] < 0]
            spins[wrong] *= -1
            changed = changed or len(wrong) > 0
    return spins


class _Fields:
    """Local fields of many configurations of one set of bonds."""

    def __init__(self, edge_index: Tensor, coupling: Tensor, spins: Tensor) -> None:
        (self.first, self.second), self.weight = undirected_bonds(edge_index, coupling)
        self.weight = self.weight.to(spins.dtype)
        self.num_nodes = len(spins)

    def __call__(self, spins: Tensor) -> Tensor:
        field = spins.new_zeros(self.num_nodes)
        field.index_add_(0, self.first, self.weight * spins[self.second])
        return field.index_add_(0, self.second, self.weight * spins[self.first])
