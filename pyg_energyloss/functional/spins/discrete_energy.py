"""Pair energies of categorical states: Ising, Potts, clock models and any other table."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from pyg_energyloss.functional.bonds import undirected_bonds
from pyg_energyloss.functional.graphs import graph_sum, resolve_batch


def discrete_energy(
    edge_index: Tensor,
    coupling: Tensor,
    states: Tensor,
    table: Tensor,
    *,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
) -> Tensor:
    """Return ``-sum over bonds of J_ij q_i^T M q_j`` of each graph.

    For one-hot q it is the energy of a configuration, for probabilities of independent nodes its
    expectation. ``M = [[1, -1], [-1, 1]]`` is Ising, the identity Potts, ``cos 2 pi (a - b) / K``
    the clock model.

    Args:
        edge_index: bonds, once or in both directions, [2, num_edges].
        coupling: J of each bond, [num_edges] or [num_edges, 1].
        states: one-hot states or probabilities, [num_nodes, num_states].
        table: M, symmetric, [num_states, num_states].
        batch: graph of each node, [num_nodes]; None: one graph.
        num_graphs: number of graphs; None: taken from ``batch``.

    Returns:
        Energies [num_graphs], differentiable in ``states``, ``coupling`` and ``table``.

    Raises:
        ValueError: shapes do not fit.

    Example:
        >>> import torch
        >>> states = torch.eye(3)[[0, 0, 2]]
        >>> edges = torch.tensor([[0, 1], [1, 2]])
        >>> discrete_energy(edges, torch.ones(2), states, torch.eye(3))
        tensor([-1.])
    """
    check_table(table, states.size(-1))
    batch, graphs = resolve_batch(states, batch, num_graphs)
    bonds, weight = undirected_bonds(edge_index, coupling)
    mixed = states @ table.to(states)
    terms = -weight.to(states.dtype) * (mixed[bonds[0]] * states[bonds[1]]).sum(dim=-1)
    return graph_sum(terms, None if batch is None else batch[bonds[0]], graphs)


def categorical_field(
    edge_index: Tensor, coupling: Tensor, target: Tensor, table: Tensor, *, h0: float = 0.0
) -> Tensor:
    """Return the field of a target on each state of each node.

    ``h_i(a) = sum_j J_ij M[a, y_j] + h0 M[a, y_i]``, the categorical `local_field`; the energy of a
    prediction is ``-sum_i q_i . h_i``.

    Args:
        edge_index: bonds, once or in both directions, [2, num_edges].
        coupling: J of each bond, [num_edges] or [num_edges, 1].
        target: state of each node, from 0, [num_nodes].
        table: M, symmetric, [num_states, num_states].
        h0: extra field along the target, in units of J.

    Returns:
        h [num_nodes, num_states].

    Raises:
        ValueError: shapes do not fit.

    Example:
        >>> import torch
        >>> edges, target = torch.tensor([[0], [1]]), torch.tensor([2, 0])
        >>> categorical_field(edges, torch.ones(1), target, torch.eye(3), h0=0.5)
        tensor([[1.0000, 0.0000, 0.5000],
                [0.5000, 0.0000, 1.0000]])
    """
    check_table(table, table.size(-1))
    bonds, weight = undirected_bonds(edge_index, coupling)
    own = F.one_hot(target, table.size(0)).to(table) @ table
    weight = weight.to(own.dtype).unsqueeze(-1)
    field = (h0 * own).index_add(0, bonds[0], weight * own[bonds[1]])
    return field.index_add(0, bonds[1], weight * own[bonds[0]])


def check_table(table: Tensor, num_states: int) -> None:
    """Check the shape of a table of pair energies.

    Raises:
        ValueError: it is not ``[num_states, num_states]``.

    Example:
        >>> import torch
        >>> check_table(torch.eye(2), 2)
    """
    if table.shape != (num_states, num_states):
        raise ValueError(
            f"`table` must have shape [{num_states}, {num_states}], one row per state, "
            f"got {list(table.shape)}"
        )
