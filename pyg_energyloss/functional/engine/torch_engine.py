"""The plain-torch engine: springs in chunks, so that memory stays linear in atoms and edges."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from pyg_energyloss.functional.engine import blocks, dense
from pyg_energyloss.functional.engine.problem import (
    Problem,
    graph_scale,
    is_ordinary,
    rescaled,
    spring_law,
)
from pyg_energyloss.functional.engine.springs import (
    Springs,
    energy_and_gradient,
    hessian_product,
    with_unit,
)
from pyg_energyloss.functional.engine.wells import degree

#: Springs per chunk; about 30 temporary numbers each.
CHUNK = 1 << 17


def energy_gradient(problem: Problem) -> tuple[Tensor, Tensor]:
    """Return the energy of each graph [num_graphs] and its gradient [num_nodes, dim]."""
    scaled, scale, node_scale = _prepared(problem)
    if scale is None and dense.is_dense(problem):
        return dense.energy_and_gradient(problem)
    law, unit = spring_law(problem.law), None if node_scale is None else 1 / node_scale
    if problem.edge_index is None:
        energy, gradient = blocks.energy_and_gradient(scaled, law, unit)
    else:
        energy = scaled.pos.new_zeros(problem.num_graphs)
        gradient = torch.zeros_like(scaled.pos)
        offset = scaled.pos - scaled.rest
        for listed in _chunks(scaled):
            springs = with_unit(listed, unit)
            each, force = energy_and_gradient(scaled, offset, springs, law)
            gradient.index_add_(0, springs.target, force).index_add_(0, springs.source, -force)
            if problem.batch is None:
                energy += each.sum()
            else:
                energy.index_add_(0, problem.batch[springs.source], each)
    if scale is None or node_scale is None or not degree(problem.well):
        return energy, gradient
    return energy / scale / scale, gradient / node_scale[:, None]


def hessian_vector(problem: Problem, vector: Tensor) -> Tensor:
    """Return the Hessian of the energy times `vector` [num_nodes, dim]."""
    scaled, _, node_scale = _prepared(problem)
    law, unit = spring_law(problem.law), None if node_scale is None else 1 / node_scale
    offset = scaled.pos - scaled.rest
    product = torch.zeros_like(vector)
    for listed in _chunks(scaled):
        springs = with_unit(listed, unit)
        force = hessian_product(scaled, offset, springs, law, vector)
        product.index_add_(0, springs.target, force).index_add_(0, springs.source, -force)
    return product


def _prepared(problem: Problem) -> tuple[Problem, Tensor | None, Tensor | None]:
    """The problem in safe units, and the scales by graph and by atom; None for ones."""
    if is_ordinary(problem):
        return problem, None, None
    scale = graph_scale(problem)
    node_scale = (
        scale[problem.batch] if problem.batch is not None else scale.expand(len(problem.pos))
    )
    return rescaled(problem, node_scale), scale, node_scale


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
        counts.index_add_(0, problem.batch, torch.ones_like(problem.batch, dtype=torch.long))
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
