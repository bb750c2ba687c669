"""One chunk of springs in plain torch: energies, forces and Hessian-vector products.

Everything is written out by hand, so that a chunk leaves nothing behind but its sums. The
elongation |x̂| - |x| is computed as (x̂ - x)·(x̂ + x) / (|x̂| + |x|), which stays exact near the
minimum, where the difference of two rounded lengths does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pyg_energyloss.functional.engine.problem import Law, Problem
from pyg_energyloss.functional.engine.wells import curvature, degree, tension_and_energy
from pyg_energyloss.functional.geometry.distance import COINCIDENT


@dataclass(frozen=True, slots=True)
class Springs:
    """The springs of one chunk: their ends, their weights and lattice shifts.

    `unit` is what their scaled lengths have to be multiplied with, None for one.
    """

    source: Tensor
    target: Tensor
    weight: Tensor | None = None
    shift: Tensor | None = None
    unit: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Geometry:
    """Lengths and directions of the springs of one chunk; `distance` is the true one, unscaled."""

    bond: Tensor
    inverse: Tensor
    length: Tensor
    distance: Tensor
    stretch: Tensor


def measured(bond: Tensor, rest_bond: Tensor, difference: Tensor, unit: Tensor | None) -> Geometry:
    """Measure pairs from their vectors [dim, ...]; `difference` is bond - rest_bond, rounded once.

    Rounding happens once per atom then, and not once per pair.
    """
    squared = bond.square().sum(dim=0)
    inverse = squared.clamp(min=COINCIDENT).rsqrt()
    length, rest_length = squared * inverse, rest_bond.square().sum(dim=0).sqrt()
    product = (difference * (bond + rest_bond)).sum(dim=0)
    stretch = product / (length + rest_length).clamp(min=COINCIDENT)
    return Geometry(bond, inverse, length, true_length(rest_bond, rest_length, unit), stretch)


def true_length(rest_bond: Tensor, rest_length: Tensor, unit: Tensor | None) -> Tensor:
    """Return true distances in the unit of the user: in the scaled one small ones are lost."""
    if unit is None:
        return rest_length
    direct = (rest_bond * unit).square().sum(dim=0).sqrt()
    return torch.where(direct.isfinite(), direct, rest_length * unit)


def geometry(pos: Tensor, rest: Tensor, offset: Tensor, springs: Springs) -> Geometry:
    """Measure listed springs; `offset` is pos - rest."""
    bond = (pos[springs.target] - pos[springs.source]).t()
    rest_bond = (rest[springs.target] - rest[springs.source]).t()
    if springs.shift is not None:
        bond, rest_bond = bond + springs.shift.t(), rest_bond + springs.shift.t()
    difference = (offset[springs.target] - offset[springs.source]).t()
    return measured(bond, rest_bond, difference, springs.unit)


def rest_distance(problem: Problem, springs: Springs) -> Tensor:
    """Return the true distances of listed pairs [chunk], not scaled."""
    bond = (problem.rest[springs.target] - problem.rest[springs.source]).t()
    if springs.shift is not None:
        bond = bond + springs.shift.t()
    largest = bond.abs().amax(dim=0).clamp(min=COINCIDENT)
    return largest * (bond / largest).square().sum(dim=0).sqrt()


def stiffness_of(
    problem: Problem, law: Law | None, springs: Springs, distance: Tensor
) -> Tensor | None:
    """Return weight times k of each spring, or None where all are one."""
    k = None if law is None else law(distance, springs.source, springs.target).to(distance.dtype)
    if problem.cutoff is not None:
        k = torch.where(distance < problem.cutoff, 1.0 if k is None else k, 0.0)
    if k is not None or degree(problem.well) == 0:
        # A spring from an atom to itself holds nothing; a law may be infinite there, such as 1 / d.
        itself = (springs.source == springs.target) & (distance == 0)
        k = torch.where(itself, 0.0, torch.ones_like(distance) if k is None else k)
    for weight in (springs.weight, problem.node_weight):
        if weight is not None:
            each = weight
            if weight is problem.node_weight:
                each = weight[springs.source] * weight[springs.target]
            k = each if k is None else k * each
    return k


def energy_and_gradient(
    problem: Problem, offset: Tensor, springs: Springs, law: Law | None
) -> tuple[Tensor, Tensor]:
    """Return the energy of each spring [chunk] and dE/d(target end) [chunk, dim]."""
    found = geometry(problem.pos, problem.rest, offset, springs)
    tension, energy = tension_and_energy(problem.well, found.stretch, found.distance, springs.unit)
    k = stiffness_of(problem, law, springs, found.distance)
    if k is not None:
        tension, energy = k * tension, k * energy
    return energy, ((tension * found.inverse) * found.bond).t()


def hessian_product(
    problem: Problem, offset: Tensor, springs: Springs, law: Law | None, vector: Tensor
) -> Tensor:
    """Return the Hessian times `vector` [num_nodes, dim], as dE/d(target end) [chunk, dim].

    Coincident predicted atoms have no direction; there the energy counts as equally curved in all.
    """
    well, unit = problem.well, springs.unit
    found = geometry(problem.pos, problem.rest, offset, springs)
    bend = curvature(well, found.stretch, found.distance, unit)
    tension, _ = tension_and_energy(well, found.stretch, found.distance, unit)
    if unit is not None and not degree(well):
        tension = tension / unit
    apart = found.length > COINCIDENT**0.5
    across = torch.where(apart, tension * found.inverse, bend)
    move = (vector[springs.target] - vector[springs.source]).t()
    unit_bond = found.bond * found.inverse
    along = (unit_bond * move).sum(dim=0)
    product = across * move + ((bend - across) * along) * unit_bond
    k = stiffness_of(problem, law, springs, found.distance)
    return (product if k is None else k * product).t()


def with_unit(springs: Springs, node_unit: Tensor | None) -> Springs:
    """Return the springs with the unit of their source's graph."""
    return springs if node_unit is None else replace(springs, unit=node_unit[springs.source])
