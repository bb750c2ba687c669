"""Springs between spins: an energy on bonds that the target alone defines."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.functional.bonds import undirected_bonds
from pyg_energyloss.functional.graphs import graph_sum, resolve_batch
from pyg_energyloss.functional.spins.local_field_energy import checked_temperature
from pyg_energyloss.functional.spins.spin_entropy import spin_entropy, spin_logits, spin_mean


def target_bond_energy(
    logits: Tensor,
    edge_index: Tensor,
    stiffness: Tensor,
    spins: Tensor,
    *,
    temperature: float = 0.1,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
) -> Tensor:
    """Return the free energy of spins whose bonds pull towards the target's, in units of T.

    ``J = (1/T) sum over bonds of k_ij (1 - y_i y_j m_i m_j) - sum_i S_i`` with ``k_ij >= 0``. This
    is equation 7 for spins: the energy looks at pairs, the stiffness depends on the target alone,
    and its minimisers are y and its flip, exactly, on a connected graph. A domain that is flipped
    as a whole pays for its wall and not for its area.

    Args:
        logits: z = ln p(+1)/p(-1), [num_nodes].
        edge_index: bonds, once or in both directions, [2, num_edges].
        stiffness: k of each bond, [num_edges]; not negative.
        spins: target configuration y, +1 or -1, [num_nodes].
        temperature: T, in units of k.
        batch: graph of each node, [num_nodes]; None: one graph.
        num_graphs: number of graphs; None: taken from ``batch``.

    Returns:
        J of each graph, [num_graphs], differentiable in ``logits``.

    Raises:
        TypeError: ``logits`` is not floating point.
        ValueError: shapes do not fit, or ``temperature`` is not positive.

    Example:
        >>> import torch
        >>> edges, target = torch.tensor([[0], [1]]), torch.tensor([1.0, -1.0])
        >>> target_bond_energy(torch.tensor([-99.0, 99.0]), edges, torch.ones(1), target) + 1
        tensor([1.])

    Source: not in the paper; the pair energy of Kaba et al., arXiv 2511.02087, equation 7, in the
    free energy of equation 15.
    """
    z = spin_logits(logits)
    if spins.shape != z.shape:
        raise ValueError(
            f"`spins` must have one value per spin, shape {list(z.shape)}, got {list(spins.shape)}"
        )
    batch, graphs = resolve_batch(z, batch, num_graphs)
    bonds, weight = undirected_bonds(edge_index, stiffness)
    aligned = spin_mean(z) * spins.to(z.dtype)
    terms = weight.to(z.dtype) * (1.0 - aligned[bonds[0]] * aligned[bonds[1]])
    energy = graph_sum(terms, None if batch is None else batch[bonds[0]], graphs)
    entropy = graph_sum(spin_entropy(z), batch, graphs)
    return energy / checked_temperature(temperature) - entropy
