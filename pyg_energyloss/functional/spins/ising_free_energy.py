"""Variational free energy of predicted spins under their own Hamiltonian."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.functional.graphs import graph_sum, resolve_batch
from pyg_energyloss.functional.spins.ising_energy import ising_energy
from pyg_energyloss.functional.spins.local_field_energy import checked_temperature
from pyg_energyloss.functional.spins.spin_entropy import spin_entropy, spin_logits, spin_mean


def ising_free_energy(
    logits: Tensor,
    edge_index: Tensor,
    coupling: Tensor,
    *,
    temperature: float = 0.1,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
) -> Tensor:
    """Return the mean-field free energy of each graph, in units of T.

    ``J = -(1/T) sum over bonds of J m m - sum_i S_i``. It needs no target; it is not convex, and
    even under a flip of all spins.

    Args:
        logits: z = ln p(+1)/p(-1), [num_nodes].
        edge_index: bonds, once or in both directions, [2, num_edges].
        coupling: J of each bond, [num_edges] or [num_edges, 1].
        temperature: T, in units of J.
        batch: graph of each node, [num_nodes]; None: one graph.
        num_graphs: number of graphs; None: taken from ``batch``.

    Returns:
        J of each graph, [num_graphs], differentiable in ``logits``; without the constant log Z.

    Raises:
        TypeError: ``logits`` is not floating point.
        ValueError: shapes do not fit, or ``temperature`` is not positive.

    Example:
        >>> import torch
        >>> edges = torch.tensor([[0], [1]])
        >>> ising_free_energy(torch.full((2,), 50.0), edges, torch.ones(1), temperature=0.5)
        tensor([-2.])

    Source: Kaba et al., arXiv 2511.02087, equation 15 with the Hamiltonian as the energy.
    """
    z = spin_logits(logits)
    batch, graphs = resolve_batch(z, batch, num_graphs)
    energy = ising_energy(edge_index, coupling, spin_mean(z), batch=batch, num_graphs=graphs)
    entropy = graph_sum(spin_entropy(z), batch, graphs)
    return energy.to(z.dtype) / checked_temperature(temperature) - entropy
