"""Classification of spins, one by one: what the energy losses are compared with."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from pyg_energyloss.functional.graphs import graph_sum, resolve_batch
from pyg_energyloss.functional.spins.spin_entropy import spin_logits


def spin_cross_entropy(
    logits: Tensor, spins: Tensor, *, batch: Tensor | None = None, num_graphs: int | None = None
) -> Tensor:
    """Return ``-sum_i ln p(y_i)``, the cross-entropy of each graph in nats, [num_graphs].

    Args:
        logits: z = ln p(+1)/p(-1), [num_nodes].
        spins: target configuration, +1 or -1, [num_nodes].
        batch: graph of each node, [num_nodes]; None: one graph.
        num_graphs: number of graphs; None: taken from ``batch``.

    Raises:
        TypeError: ``logits`` is not floating point.
        ValueError: shapes do not fit.

    Example:
        >>> spin_cross_entropy(torch.tensor([0.0]), torch.tensor([1.0]))  # ln 2
        tensor([0.6931])
    """
    aligned = _aligned(logits, spins)
    batch, graphs = resolve_batch(aligned, batch, num_graphs)
    return graph_sum(F.softplus(-aligned), batch, graphs)


def spin_margin(
    logits: Tensor,
    spins: Tensor,
    *,
    margin: float = 1.0,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
) -> Tensor:
    """Return ``sum_i max(0, margin - y_i z_i)``, the hinge loss of each graph, [num_graphs].

    Args:
        logits: scores z, positive for +1, [num_nodes].
        spins: target configuration, +1 or -1, [num_nodes].
        margin: score from which on a right spin costs nothing.
        batch: graph of each node, [num_nodes]; None: one graph.
        num_graphs: number of graphs; None: taken from ``batch``.

    Raises:
        TypeError: ``logits`` is not floating point.
        ValueError: shapes do not fit.

    Example:
        >>> spin_margin(torch.tensor([0.25, -2.0]), torch.tensor([1.0, -1.0]))
        tensor([0.7500])
    """
    aligned = _aligned(logits, spins)
    batch, graphs = resolve_batch(aligned, batch, num_graphs)
    return graph_sum((margin - aligned).clamp(min=0), batch, graphs)


def _aligned(logits: Tensor, spins: Tensor) -> Tensor:
    z = spin_logits(logits)
    if spins.shape != z.shape:
        raise ValueError(
            f"`spins` must have one value per spin, shape {list(z.shape)}, got {list(spins.shape)}"
        )
    return torch.mul(z, spins.to(z.dtype))
