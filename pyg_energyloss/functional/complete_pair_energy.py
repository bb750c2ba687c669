"""The pair energy over all pairs of each graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from pyg_energyloss.functional.edge_energy import edge_energy
from pyg_energyloss.functional.engine import (
    FORMS,
    Problem,
    exceptions_of,
    law_function,
    law_of,
    spring_energy,
    well_of,
)
from pyg_energyloss.functional.engine.checks import check_batch, looks
from pyg_energyloss.functional.engine.springs import Springs, rest_distance
from pyg_energyloss.functional.engine.torch_engine import complete_chunks
from pyg_energyloss.functional.graphs import (
    check_positions,
    graph_sum,
    resolve_batch,
)
from pyg_energyloss.functional.node_weight import check_node_weight, present
from pyg_energyloss.functional.pair_energy import check_cutoff
from pyg_energyloss.functional.saturate import saturate, widen
from pyg_energyloss.radial import WellForm


def complete_pair_energy(
    pos_pred: Tensor,
    pos_target: Tensor,
    *,
    stiffness: Callable[[Tensor], Tensor] | None = None,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    graph_weight: Tensor | None = None,
    potential: Any = None,
    cutoff: float | None = None,
    node_weight: Tensor | None = None,
    total: bool = False,
) -> Tensor:
    r"""Return the energy of the springs between all pairs of atoms, for each graph.

    .. math:: E = \sum_{i \ne j} w_i w_j k(d_{ij})\, \varphi(|\hat y_i - \hat y_j| \mid d_{ij}),
              \quad d_{ij} = |y_i - y_j|

    where φ is half the squared elongation unless another `potential` is given. The sum runs over
    ordered pairs, so every spring counts twice.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        stiffness: true distance -> k, taken without gradient; None means k = 1.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        graph_weight: factor of each graph's energy [num_graphs], such as 1 / atoms.
        potential: φ, an object of `pyg_energyloss.potentials` or any other with `value` and
            `slope`; None means harmonic.
        cutoff: pairs that are truly this far apart (in Å), or further, have no spring.
        node_weight: w_i [num_nodes]; a pair weighs w_i w_j, a node of weight 0 is not there.
        total: return the sum over graphs, in one step.

    Returns:
        [num_graphs], or [] if `total`, energy in stiffness x Å², twice differentiable in the
        positions.

    Raises:
        TypeError, ValueError: an argument has a wrong type, shape or device, or (on a CPU) `batch`
            is out of range.

    >>> pred, target = torch.tensor([[0.0], [3.0]]), torch.tensor([[0.0], [1.0]])
    >>> complete_pair_energy(pred, target).round(decimals=4)
    tensor([4.])

    Source: arXiv 2511.02087, eq 7; potentials other than the harmonic one are ours.
    """
    check_positions(pos_pred, pos_target)
    batch, count = resolve_batch(pos_pred, batch, num_graphs, graph_weight)
    dtype = torch.promote_types(pos_pred.dtype, torch.float32)
    if graph_weight is not None:
        graph_weight = graph_weight.to(dtype).contiguous()
    pred, target = pos_pred, pos_target
    if pred.dtype != dtype or target.dtype != dtype:
        pred, target = widen(pred, dtype), widen(target, dtype)
    if node_weight is not None:
        node_weight = check_node_weight(node_weight, pos_pred)
        pred, target = present(pred, node_weight), present(target, node_weight)
    law: Any = stiffness
    split = None
    if not isinstance(stiffness, FORMS):
        split = exceptions_of(stiffness)
        law = law_of(stiffness if split is None else split[0])
    problem = Problem(
        pred.contiguous(),
        target.contiguous(),
        batch,
        count,
        law,
        factor=graph_weight,
        well=potential if isinstance(potential, WellForm) else well_of(potential),
        cutoff=None if cutoff is None else check_cutoff(cutoff),
        node_weight=None if node_weight is None else node_weight.contiguous(),
        total=total,
    )
    if torch.is_grad_enabled() and (
        target.requires_grad
        or (graph_weight is not None and graph_weight.requires_grad)
        or (node_weight is not None and node_weight.requires_grad)
    ):
        energy = _differentiable_in_all(replace(problem, law=law_of(stiffness)))
    else:
        energy = spring_energy(problem)
        if split is not None:
            energy = energy + spring_energy(_of_exceptions(problem, *split))
            return saturate(energy, pos_pred.dtype)
    return energy if energy.dtype == pos_pred.dtype else saturate(energy, pos_pred.dtype)


def _of_exceptions(problem: Problem, law: Any, pairs: Tensor, k: Tensor) -> Problem:
    """The springs that make the energy of a law that of the law with exceptions."""
    if problem.batch is not None:
        if looks(problem.pos):
            check_batch(problem.batch, problem.num_graphs)
        inside = problem.batch[pairs[0]] == problem.batch[pairs[1]]
        pairs, k = pairs[:, inside], k[inside]
    springs = Springs(pairs[0], pairs[1])
    weight = k.to(problem.pos.dtype)
    if law is not None:
        weight = weight - law_function(law)(rest_distance(problem, springs), *pairs).to(weight)
    if problem.node_weight is not None:
        weight = weight * (problem.node_weight[pairs[0]] * problem.node_weight[pairs[1]])
    return replace(
        problem, law=None, edge_index=pairs.contiguous(), weight=weight, node_weight=None
    )


def _differentiable_in_all(problem: Problem) -> Tensor:
    """Plain torch, a chunk at a time; each chunk is computed again in the backward pass."""
    energy = problem.pos.new_zeros(problem.num_graphs)
    if problem.batch is not None and looks(problem.pos):
        check_batch(problem.batch, problem.num_graphs)

    def chunk_energy(
        pred: Tensor, target: Tensor, weight: Tensor | None, source: Tensor, sink: Tensor
    ) -> Tensor:
        energy = edge_energy(
            pred,
            target,
            torch.stack([source, sink]),
            stiffness=problem.law,
            potential=problem.well,
            cutoff=problem.cutoff,
            node_weight=weight,
        )
        # A graph's energy is that of pairs of different nodes, also where these coincide.
        energy = torch.where(source == sink, 0.0, energy)
        return graph_sum(
            energy, None if problem.batch is None else problem.batch[source], problem.num_graphs
        )

    tensors = (problem.pos, problem.rest, problem.node_weight)
    for pair in complete_chunks(problem):
        energy = energy + checkpoint(chunk_energy, *tensors, *pair, use_reentrant=False)
    energy = energy if problem.factor is None else energy * problem.factor
    energy = energy.sum() if problem.total else energy
    return saturate(energy, energy.dtype)
