"""Complete graphs in plain torch: blocks of pairs as rows times columns, graphs of a size together.

No list of pairs is made, so a pair costs what its arithmetic costs. Memory is linear in atoms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from pyg_energyloss.functional.engine.problem import Law, Problem
from pyg_energyloss.functional.engine.springs import measured
from pyg_energyloss.functional.engine.wells import tension_and_energy

#: Pairs per block: its numbers stay in the cache of a core.
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Group:
    """Graphs of about the same size, padded: atoms [graphs, width], and which of them exist."""

    graphs: Tensor
    atoms: Tensor
    exists: Tensor | None


def groups(problem: Problem) -> Iterator[Group]:
    """Gather graphs of about the same size; waits for a GPU once if there is a batch."""
    device, nodes = problem.pos.device, problem.pos.size(0)
    if problem.batch is None:
        graph = torch.zeros(1, dtype=torch.long, device=device)
        yield Group(graph, torch.arange(nodes, device=device)[None], None)
        return
    order = torch.argsort(problem.batch, stable=True)
    counts = torch.bincount(problem.batch, minlength=problem.num_graphs)
    first = counts.cumsum(0) - counts
    by_size = torch.argsort(counts, descending=True)
    sizes = counts[by_size].tolist()
    begin = 0
    while begin < len(sizes) and sizes[begin] > 1:
        width = sizes[begin]
        end = begin + 1
        while (
            end < len(sizes)
            and sizes[end] > max(1, width // 2)
            and (end + 1 - begin) * width * width <= CHUNK
        ):
            end += 1
        graph = by_size[begin:end]
        place = torch.arange(width, device=device)
        exists = place < counts[graph, None]
        atoms = order[first[graph, None] + torch.where(exists, place, 0)]
        yield Group(graph, atoms, None if sizes[end - 1] == width else exists)
        begin = end


def energy_and_gradient(
    problem: Problem, law: Law | None, node_unit: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Return the energy of each graph [num_graphs] and its gradient [num_nodes, dim]."""
    energy = problem.pos.new_zeros(problem.num_graphs)
    gradient = torch.zeros_like(problem.pos)
    for group in groups(problem):
        pos, rest = (p[group.atoms].permute(2, 0, 1) for p in (problem.pos, problem.rest))
        columns = pos.contiguous(), rest.contiguous(), (pos - rest).contiguous()
        count, width = group.atoms.shape
        step = max(1, CHUNK // max(1, count * width))
        pull = torch.zeros_like(columns[0])
        total = energy.new_zeros(count)
        for low in range(0, width, step):
            rows = slice(low, min(low + step, width))
            bond, rest_bond, difference = (c[..., rows, None] - c[..., None, :] for c in columns)
            unit = None if node_unit is None else node_unit[group.atoms[:, :1, None]]
            found = measured(bond, rest_bond, difference, unit)
            tension, each = tension_and_energy(problem.well, found.stretch, found.distance, unit)
            k = _stiffness(problem, law, group, rows, found.distance)
            total += (k * each).sum(dim=(1, 2))
            force = (k * tension * found.inverse) * found.bond
            pull[..., rows] += force.sum(dim=3)
            pull -= force.sum(dim=2)
        energy.index_add_(0, group.graphs, total)
        if group.exists is not None:
            pull = torch.where(group.exists, pull, 0.0)
        gradient.index_add_(0, group.atoms.reshape(-1), pull.flatten(1).t())
    return energy, gradient


def _stiffness(
    problem: Problem, law: Law | None, group: Group, rows: slice, distance: Tensor
) -> Tensor:
    """Weight times k of a block of pairs [graphs, rows, width]; zero where there is no pair."""
    place = torch.arange(group.atoms.size(1), device=distance.device)
    pairs = place[rows, None] != place
    if group.exists is not None:
        pairs = pairs & group.exists[:, rows, None] & group.exists[:, None, :]
    if problem.cutoff is not None:
        pairs = pairs & (distance < problem.cutoff)
    if law is None:
        k = torch.ones_like(distance)
    else:
        source = group.atoms[:, rows, None].expand(distance.shape).reshape(-1)
        target = group.atoms[:, None, :].expand(distance.shape).reshape(-1)
        k = law(distance.reshape(-1), source, target).to(distance.dtype).view(distance.shape)
    k = torch.where(pairs, k, 0.0)
    if problem.node_weight is not None:
        weight = problem.node_weight[group.atoms]
        k = k * (weight[:, rows, None] * weight[:, None, :])
    return k
