"""Energy of a spin configuration."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.bonds import undirected_bonds, without_column
from pyg_energyloss.functional.graphs import graph_sum, resolve_batch


def ising_energy(
    edge_index: Tensor,
    coupling: Tensor,
    spins: Tensor,
    *,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
) -> Tensor:
    """Return the Ising energy of each graph.

    ``H = -sum over bonds of J s s``. A bond stored in both directions counts once.

    Args:
        edge_index: bonds, [2, num_edges].
        coupling: J of each bond, [num_edges] or [num_edges, 1].
        spins: +1 or -1, or mean values in between, [num_nodes].
        batch: graph of each node, [num_nodes]; None: one graph.
        num_graphs: number of graphs; None: taken from ``batch``.

    Returns:
        Energies [num_graphs], differentiable in ``spins`` and ``coupling``. For independent spins
        with these means it is the expected energy.

    Raises:
        ValueError: wrong shapes, or directions of a bond that disagree.

    Example:
        >>> edges = torch.tensor([[0, 1], [1, 2]])
        >>> ising_energy(edges, torch.tensor([1.0, -0.5]), torch.tensor([1.0, 1.0, 1.0]))
        tensor([-0.5000])

    Source: Kaba et al., arXiv 2511.02087, section 5 and A.6 (their -1/2 sum over ordered pairs).
    """
    values = without_column(spins)
    if values.dim() != 1:
        raise ValueError(f"`spins` must have shape [num_nodes], got {list(spins.shape)}")
    batch, graphs = resolve_batch(values, batch, num_graphs)
    bonds, weight = undirected_bonds(edge_index, coupling)
    dtype = torch.promote_types(values.dtype, weight.dtype)
    if not dtype.is_floating_point:
        dtype = torch.get_default_dtype()
    values = values.to(dtype)
    terms = -weight.to(dtype) * values[bonds[0]] * values[bonds[1]]
    return graph_sum(terms, None if batch is None else batch[bonds[0]], graphs)
