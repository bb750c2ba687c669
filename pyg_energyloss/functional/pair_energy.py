"""The pair energy over given edges."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.edge_energy import cartesian_shift, edge_energy
from pyg_energyloss.functional.engine import FORMS, Problem, law_of, spring_energy, well_of
from pyg_energyloss.functional.engine.checks import check_springs, looks
from pyg_energyloss.functional.graphs import (
    check_edges,
    check_positions,
    graph_sum,
    resolve_batch,
)
from pyg_energyloss.functional.node_weight import check_node_weight, present
from pyg_energyloss.functional.saturate import saturate, widen
from pyg_energyloss.radial import WellForm


def pair_energy(
    pos_pred: Tensor,
    pos_target: Tensor,
    edge_index: Tensor,
    *,
    stiffness: Callable[[Tensor], Tensor] | None = None,
    edge_weight: Tensor | None = None,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    cell: Tensor | None = None,
    edge_shift: Tensor | None = None,
    graph_weight: Tensor | None = None,
    potential: Any = None,
    cutoff: float | None = None,
    node_weight: Tensor | None = None,
    total: bool = False,
) -> Tensor:
    r"""Return the energy of the springs on the columns of `edge_index`, for each graph.

    .. math:: E = \sum_{(i,j)} w_{ij} k(d_{ij})\, \varphi(|\hat y_i - \hat y_j| \mid d_{ij}),
              \quad d_{ij} = |y_i - y_j|

    where φ is half the squared elongation unless another `potential` is given. The sum runs over
    columns: with both directions stored, as PyG does, every spring counts twice, as in the paper.
    Coincident atoms are safe in value, gradient and second derivative.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        edge_index: pairs [2, num_edges], each of two nodes of one graph.
        stiffness: true distance -> k, taken without gradient; None means k = 1.
        edge_weight: factor of each column [num_edges], such as 1/π of sampled pairs.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        cell: lattice vectors as rows [num_graphs, dim, dim] or [dim, dim], in Å.
        edge_shift: cells between the two ends [num_edges, dim]: y_j + edge_shift @ cell - y_i.
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
        TypeError, ValueError: an argument has a wrong type, shape or device, `edge_shift` lacks
            `cell`, or (on a CPU) an index is out of range or a column joins two graphs.

    >>> pred, target = torch.tensor([[0.0], [3.0]]), torch.tensor([[0.0], [1.0]])
    >>> pair_energy(pred, target, torch.tensor([[0, 1], [1, 0]])).round(decimals=4)
    tensor([4.])

    Source: arXiv 2511.02087, eq 7; potentials other than the harmonic one are ours.
    """
    check_positions(pos_pred, pos_target)
    check_edges(edge_index, edge_weight, edge_shift, cell, pos=pos_pred)
    batch, count = resolve_batch(pos_pred, batch, num_graphs, graph_weight)
    dtype = torch.promote_types(pos_pred.dtype, torch.float32)
    if graph_weight is not None:
        graph_weight = graph_weight.to(dtype).contiguous()
    well = potential if isinstance(potential, WellForm) else well_of(potential)
    cutoff = None if cutoff is None else check_cutoff(cutoff)
    edge_index = edge_index.long().contiguous()
    pred, target, shift = pos_pred, pos_target, None
    weight = None if edge_weight is None else edge_weight.to(dtype)
    if pred.dtype != dtype or target.dtype != dtype:
        pred, target = widen(pred, dtype), widen(target, dtype)
    if node_weight is not None or edge_shift is not None:
        if looks(pos_pred):
            check_springs(edge_index, batch, count, pos_pred.size(0))
        if edge_shift is not None:
            shift = cartesian_shift(edge_shift, cell, edge_index, batch, dtype, num_graphs=count)
        share = check_node_weight(node_weight, pos_pred)
        if share is not None:
            pred, target = present(pred, share), present(target, share)
            pair_weight = share[edge_index[0]] * share[edge_index[1]]
            weight = pair_weight if weight is None else pair_weight * weight
    problem = Problem(
        pred.contiguous(),
        target.contiguous(),
        batch,
        count,
        stiffness if isinstance(stiffness, FORMS) else law_of(stiffness),
        edge_index,
        None if weight is None else weight.contiguous(),
        None if shift is None else shift.contiguous(),
        graph_weight,
        well,
        cutoff,
        total=total,
    )
    if torch.is_grad_enabled() and (
        target.requires_grad
        or (weight is not None and weight.requires_grad)
        or (shift is not None and shift.requires_grad)
        or (graph_weight is not None and graph_weight.requires_grad)
    ):
        energy = _differentiable_in_all(problem)
    else:
        energy = spring_energy(problem)
    return energy if energy.dtype == pos_pred.dtype else saturate(energy, pos_pred.dtype)


def _differentiable_in_all(problem: Problem) -> Tensor:
    """Plain torch, which differentiates in the target, the lattice and the weights too."""
    edge_index, batch = problem.edge_index, problem.batch
    if edge_index is None:
        raise ValueError("`edge_index` is missing")
    if looks(problem.pos):
        check_springs(edge_index, batch, problem.num_graphs, len(problem.pos))
    with torch.autocast(problem.pos.device.type, enabled=False):
        each = edge_energy(
            problem.pos,
            problem.rest,
            edge_index,
            stiffness=problem.law,
            edge_weight=problem.weight,
            shift=problem.shift,
            potential=problem.well,
            cutoff=problem.cutoff,
        )
        graph = None if batch is None else batch[edge_index[0]]
        energy = graph_sum(each, graph, problem.num_graphs)
        energy = energy if problem.factor is None else energy * problem.factor
        return saturate(energy.sum() if problem.total else energy, energy.dtype)


def check_cutoff(cutoff: float | None) -> float | None:
    """Return a cutoff as a float, None for infinity.

    Raises:
        TypeError: it is not a number.
        ValueError: it is not positive.

    >>> check_cutoff(15)
    15.0
    """
    if cutoff is None:
        return None
    if isinstance(cutoff, bool) or not isinstance(cutoff, (int, float)):
        raise TypeError(f"`cutoff` must be a length or None, got {cutoff!r}")
    if not cutoff > 0:
        raise ValueError(f"`cutoff` must be positive, or None for all pairs; got {cutoff!r}")
    return None if math.isinf(cutoff) else float(cutoff)
