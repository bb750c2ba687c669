"""The pair energy over all pairs of each graph."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from pyg_energyloss.functional.engine import Problem, law_of, spring_energy
from pyg_energyloss.functional.engine.torch_engine import complete_chunks
from pyg_energyloss.functional.graphs import (
    check_graph_weight,
    check_positions,
    compute_dtype,
    graph_sum,
    resolve_batch,
)
from pyg_energyloss.functional.pair_energy import edge_energy
from pyg_energyloss.functional.saturate import saturate, widen


def complete_pair_energy(
    pos_pred: Tensor,
    pos_target: Tensor,
    *,
    stiffness: Callable[[Tensor], Tensor] | None = None,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    graph_weight: Tensor | None = None,
) -> Tensor:
    r"""Return the energy of the springs between all pairs of atoms, for each graph.

    .. math:: E = \sum_{i,j} \tfrac12 k(|y_i - y_j|) (|y_i - y_j| - |\hat y_i - \hat y_j|)^2

    The sum runs over ordered pairs, so every spring counts twice.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        stiffness: true distance -> k, taken without gradient; None means k = 1.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        graph_weight: factor of each graph's energy [num_graphs], such as 1 / atoms.

    Returns:
        [num_graphs], energy in stiffness x Å², twice differentiable in the positions.

    Raises:
        TypeError, ValueError: an argument has a wrong type or shape.

    >>> pred, target = torch.tensor([[0.0], [3.0]]), torch.tensor([[0.0], [1.0]])
    >>> complete_pair_energy(pred, target).round(decimals=4)
    tensor([4.])

    Source: arXiv 2511.02087, eq 7.
    """
    check_positions(pos_pred, pos_target)
    batch, count = resolve_batch(pos_pred, batch, num_graphs)
    check_graph_weight(graph_weight, count)
    dtype = compute_dtype(pos_pred)
    pred, target = widen(pos_pred, dtype).contiguous(), widen(pos_target, dtype).contiguous()
    factor = None if graph_weight is None else graph_weight.to(dtype).contiguous()
    law = law_of(stiffness)
    if torch.is_grad_enabled() and any(t.requires_grad for t in (target, factor) if t is not None):
        energy = _differentiable_in_both(Problem(pred, target, batch, count, law))
        return saturate(energy if factor is None else energy * factor, pos_pred.dtype)
    problem = Problem(pred, target, batch, count, law, factor=factor)
    energy = spring_energy(problem)
    return energy if energy.dtype == pos_pred.dtype else saturate(energy, pos_pred.dtype)


def _differentiable_in_both(problem: Problem) -> Tensor:
    """Plain torch, a chunk at a time; each chunk is computed again in the backward pass."""
    total = problem.pos.new_zeros(problem.num_graphs)

    def chunk_energy(pred: Tensor, target: Tensor, source: Tensor, sink: Tensor) -> Tensor:
        pairs = torch.stack([source, sink])
        energy = edge_energy(pred, target, pairs, stiffness=problem.law)
        return graph_sum(
            energy, None if problem.batch is None else problem.batch[source], problem.num_graphs
        )

    for source, sink in complete_chunks(problem):
        total = total + checkpoint(
            chunk_energy, problem.pos, problem.rest, source, sink, use_reentrant=False
        )
    return total
