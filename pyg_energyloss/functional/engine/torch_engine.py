"""The plain-torch engine: springs in chunks, so that memory stays linear in atoms and edges."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from pyg_energyloss.functional.engine.problem import Problem, graph_scale, rescaled, spring_law
from pyg_energyloss.functional.engine.springs import (
    Springs,
    energy_and_gradient,
    hessian_product,
)

#: Springs per chunk; about 30 temporary numbers each.
CHUNK = 1 << 17


def energy_gradient(problem: Problem) -> tuple[Tensor, Tensor]:
    """Return the energy of each graph [num_graphs] and its gradient [num_nodes, dim]."""
    scaled, scale, node_scale, law = _prepared(problem)
    energy = torch.zeros_like(scale)
    gradient = torch.zeros_like(scaled.pos)
    offset = scaled.pos - scaled.rest
    for springs in _chunks(scaled):
        each, force = energy_and_gradient(scaled.pos, scaled.rest, offset, springs, law)
        gradient.index_add_(0, springs.target, force).index_add_(0, springs.source, -force)
        if problem.batch is None:
            energy += each.sum()
        else:
            energy.index_add_(0, problem.batch[springs.source], each)
    return energy / scale / scale, gradient / node_scale[:, None]


def hessian_vector(problem: Problem, vector: Tensor) -> Tensor:
    """Return the Hessian of the energy times `vector` [num_nodes, dim]."""
    scaled, _, _, law = _prepared(problem)
    product = torch.zeros_like(vector)
    for springs in _chunks(scaled):
        force = hessian_product(scaled.pos, scaled.rest, springs, law, vector)
        product.index_add_(0, springs.target, force).index_add_(0, springs.source, -force)
    return product


def _prepared(
    problem: Problem,
) -> tuple[Problem, Tensor, Tensor, Callable[[Tensor, Tensor, Tensor], Tensor] | None]:
    """The problem in safe units, the scales, and its law in the original unit."""
    scale = graph_scale(problem)
    node_scale = (
        scale[problem.batch] if problem.batch is not None else scale.expand(len(problem.pos))
    )
    return rescaled(problem, node_scale), scale, node_scale, spring_law(problem.law, 1 / node_scale)


def _chunks(problem: Problem) -> Iterator[Springs]:
    if problem.edge_index is None:
        yield from (Springs(*pair) for pair in complete_chunks(problem))
        return
    source, target = problem.edge_index
    for start in range(0, source.numel(), CHUNK):
        part = slice(start, start + CHUNK)
        weight = None if problem.weight is None else problem.weight[part]
        shift = None if problem.shift is None else problem.shift[part]
        yield Springs(source[part], target[part], weight, shift)


def complete_chunks(problem: Problem) -> Iterator[tuple[Tensor, Tensor]]:
    """Enumerate all ordered pairs of each graph, a chunk at a time.

    Nodes of a graph need not be adjacent. Reading the number of pairs waits for a GPU once.
    """
    device, nodes = problem.pos.device, problem.pos.size(0)
    if problem.batch is None:
        order = None
        counts = torch.tensor([nodes], device=device)
    else:
        order = torch.argsort(problem.batch, stable=True)
        counts = torch.zeros(problem.num_graphs, dtype=torch.long, device=device)
        counts.index_add_(0, problem.batch, torch.ones_like(problem.batch))
    first = counts.cumsum(0) - counts
    ends = counts.square().cumsum(0)
    total = int(ends[-1]) if ends.numel() else 0
    for start in range(0, total, CHUNK):
        pair = torch.arange(start, min(start + CHUNK, total), device=device)
        graph = torch.searchsorted(ends, pair, right=True)
        local = pair - (ends - counts.square())[graph]
        row = torch.div(local, counts[graph], rounding_mode="floor")
        source, target = first[graph] + row, first[graph] + local - row * counts[graph]
        yield (source, target) if order is None else (order[source], order[target])
