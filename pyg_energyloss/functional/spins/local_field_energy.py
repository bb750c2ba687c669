"""Free energy of predicted spins in a given field."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from pyg_energyloss.functional.graphs import graph_sum, resolve_batch
from pyg_energyloss.functional.spins.spin_entropy import spin_logits


def local_field_energy(
    logits: Tensor,
    field: Tensor,
    *,
    temperature: float = 0.1,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
) -> Tensor:
    """Return the free energy of independent spins in a field, above its minimum, in units of T.

    ``J = sum_i [-h_i m_i / T - S_i + log 2 cosh(h_i / T)]`` with ``m = tanh(z / 2)``. It is the
    relative entropy of the prediction to the Boltzmann distribution of the field: convex in m, and
    zero only at ``m_i = tanh(h_i / T)``, that is ``z_i = 2 h_i / T``.

    Args:
        logits: z = ln p(+1)/p(-1), [num_nodes].
        field: h from `local_field`, [num_nodes].
        temperature: T, in units of J.
        batch: graph of each node, [num_nodes]; None: one graph.
        num_graphs: number of graphs; None: taken from ``batch``.

    Returns:
        J of each graph, [num_graphs], differentiable in ``logits`` and ``field``.

    Raises:
        TypeError: ``logits`` is not floating point.
        ValueError: shapes do not fit, or ``temperature`` is not positive.

    Example:
        >>> import torch
        >>> local_field_energy(torch.tensor([20.0]), torch.tensor([1.0]), temperature=0.1)
        tensor([0.])

    Source: Kaba et al., arXiv 2511.02087, equations 15 and 16; log Z, constant there, is included.
    """
    z = spin_logits(logits)
    target = 2.0 * _same_length(field, z).to(z.dtype) / checked_temperature(temperature)
    batch, graphs = resolve_batch(z, batch, num_graphs)
    up = F.logsigmoid(z)
    down = F.logsigmoid(-z)
    terms = up.exp() * (up - F.logsigmoid(target)) + down.exp() * (down - F.logsigmoid(-target))
    return graph_sum(terms, batch, graphs)


def checked_temperature(temperature: float) -> float:
    """Return the temperature.

    Raises:
        ValueError: it is not positive.

    Example:
        >>> checked_temperature(0.1)
        0.1
    """
    if not temperature > 0:
        raise ValueError(f"`temperature` must be positive, got {temperature}")
    return temperature


def _same_length(field: Tensor, logits: Tensor) -> Tensor:
    if field.shape != logits.shape:
        raise ValueError(
            f"`field` must have one value per spin, shape {list(logits.shape)}, "
            f"got {list(field.shape)}"
        )
    return field
