"""Complete graphs in plain torch: blocks of pairs as rows times columns, graphs of a size together.

No list of pairs is made, so a pair costs what its arithmetic costs. Memory is linear in atoms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from pyg_energyloss.functional.engine.problem import Law, Problem, radial_stiffness
from pyg_energyloss.functional.engine.springs import true_length
from pyg_energyloss.functional.engine.wells import HARMONIC, tension_and_energy
from pyg_energyloss.functional.geometry.distance import COINCIDENT
from pyg_energyloss.radial import RadialForm, TableForm

#: Pairs per block: its numbers stay in the cache of a core.
CHUNK = 1 << 16

#: Laws that are the same for a pair in both orders: of these each pair is computed once.
_SYMMETRIC = (RadialForm, TableForm, type(None))

#: Predicted atoms closer than this have no direction.
_APART = COINCIDENT**0.5


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
    pos = problem.pos
    table = torch.stack((pos, problem.rest, pos - problem.rest))
    if problem.batch is None:
        (group,) = groups(problem)
        unit = None if node_unit is None else node_unit[:1, None, None]
        total, pull = _sums(problem, law, group, table.mT.contiguous()[:, :, None], unit)
        return total, pull[:, 0].t().contiguous()
    energy, gradient = pos.new_zeros(problem.num_graphs), torch.zeros_like(pos)
    for group in groups(problem):
        places = table[:, group.atoms].permute(0, 3, 1, 2).contiguous()
        unit = None if node_unit is None else node_unit[group.atoms[:, :1, None]]
        total, pull = _sums(problem, law, group, places, unit)
        energy.index_add_(0, group.graphs, total)
        if group.exists is not None:
            pull = torch.where(group.exists, pull, 0.0)
        gradient.index_add_(0, group.atoms.reshape(-1), pull.flatten(1).t())
    return energy, gradient


def _sums(
    problem: Problem, law: Law | None, group: Group, places: Tensor, unit: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Energies [graphs] and gradient [dim, graphs, width] of a group of graphs.

    `places` holds positions, true positions and their difference [3, dim, graphs, width].
    """
    count, width = places.shape[2:]
    step, whole = max(1, CHUNK // max(1, count * width)), width * width * count <= CHUNK
    # Where there are several blocks, a pair is taken in one of its two orders.
    symmetric = isinstance(problem.law, _SYMMETRIC)
    once = symmetric and not whole
    harmonic = problem.well == HARMONIC
    total, pull = places.new_zeros(count), torch.zeros_like(places[0])
    for low in range(0, width, step):
        block = rows, columns = slice(low, low + step), slice(low if once else 0, width)
        vectors = places[..., rows, None] - places[..., None, columns]
        squared, rest_squared = vectors[:2].square().sum(dim=1)
        bond, rest_bond, difference = vectors
        length, rest_length = squared.sqrt_(), rest_squared.sqrt_()
        distance = true_length(rest_bond, rest_length, unit)
        k = _stiffness(problem, law, group, block, distance, once)
        # As in `springs.measured`: exact near the minimum.
        product = difference.mul_(rest_bond.add_(bond)).sum(dim=0)
        stretch = product.div_((length + rest_length).clamp_(min=COINCIDENT))
        if harmonic:
            tension = k * stretch
            total += 0.5 * (stretch * tension).sum(dim=(1, 2))
        else:
            tension, each = tension_and_energy(problem.well, stretch, distance, unit)
            total += (k * each).sum(dim=(1, 2))
            tension = k * tension
        force = bond.mul_(tension.div_(length.clamp_(min=_APART)))
        if whole and symmetric:
            return total, 2.0 * force.sum(dim=3)
        pull[..., rows].add_(force.sum(dim=3))
        pull[..., columns].sub_(force.sum(dim=2))
    return (2.0 * total, 2.0 * pull) if once else (total, pull)


def _stiffness(  # noqa: PLR0917 - one block
    problem: Problem,
    law: Law | None,
    group: Group,
    block: tuple[slice, slice],
    distance: Tensor,
    once: bool,
) -> Tensor:
    """Weight times k of a block of pairs [graphs, rows, columns]; zero where there is no pair.

    If `once`, the columns begin with the rows, and what is not above the diagonal is zero.
    """
    rows, columns = block
    if law is None:
        k = torch.ones_like(distance)
    elif isinstance(problem.law, RadialForm):
        k = radial_stiffness(problem.law, distance)
    else:
        source = group.atoms[:, rows, None].expand(distance.shape).reshape(-1)
        target = group.atoms[:, None, columns].expand(distance.shape).reshape(-1)
        k = law(distance.reshape(-1), source, target).to(distance.dtype).view(distance.shape)
    if once:
        k = k.triu(1)
    else:
        k.diagonal(rows.start - columns.start, dim1=1, dim2=2).zero_()
    if group.exists is not None:
        k = torch.where(group.exists[:, rows, None] & group.exists[:, None, columns], k, 0.0)
    if problem.cutoff is not None:
        k = torch.where(distance < problem.cutoff, k, 0.0)
    if problem.node_weight is not None:
        weight = problem.node_weight[group.atoms]
        k = k * (weight[:, rows, None] * weight[:, None, columns])
    return k
