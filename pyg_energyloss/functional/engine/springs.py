"""One chunk of springs in plain torch: energies, forces and Hessian-vector products.

Everything is written out by hand, so that a chunk leaves nothing behind but its sums. The
elongation |x̂| - |x| is computed as (x̂ - x)·(x̂ + x) / (|x̂| + |x|), which stays exact near the
minimum, where the difference of two rounded lengths does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from pyg_energyloss.functional.distance import COINCIDENT

Law = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Springs:
    """The springs of one chunk: their ends, their weights and lattice shifts."""

    source: Tensor
    target: Tensor
    weight: Tensor | None = None
    shift: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Geometry:
    """Lengths and directions of the springs of one chunk."""

    bond: Tensor
    inverse: Tensor
    length: Tensor
    rest_length: Tensor
    elongation: Tensor


def geometry(pos: Tensor, rest: Tensor, offset: Tensor, springs: Springs) -> Geometry:
    """Measure the springs; `offset` is pos - rest, rounded once per atom and not once per pair."""
    bond = pos[springs.target] - pos[springs.source]
    rest_bond = rest[springs.target] - rest[springs.source]
    if springs.shift is not None:
        bond, rest_bond = bond + springs.shift, rest_bond + springs.shift
    difference = offset[springs.target] - offset[springs.source]
    squared = bond.square().sum(dim=1)
    inverse = squared.clamp(min=COINCIDENT).rsqrt()
    length, rest_length = squared * inverse, rest_bond.square().sum(dim=1).sqrt()
    product = (difference * (bond + rest_bond)).sum(dim=1)
    elongation = product / (length + rest_length).clamp(min=COINCIDENT)
    return Geometry(bond, inverse, length, rest_length, elongation)


def stiffness_of(law: Law | None, springs: Springs, rest_length: Tensor) -> Tensor | None:
    """Return weight times k of each spring, or None where all are one."""
    if law is None:
        return springs.weight
    k = law(rest_length, springs.source, springs.target).to(rest_length.dtype)
    # A spring from an atom to itself holds nothing; a law may be infinite there, such as 1 / d.
    k = torch.where((springs.source == springs.target) & (rest_length == 0), 0.0, k)
    return k if springs.weight is None else k * springs.weight


def energy_and_gradient(
    pos: Tensor, rest: Tensor, offset: Tensor, springs: Springs, law: Law | None
) -> tuple[Tensor, Tensor]:
    """Return the energy of each spring [chunk] and dE/d(target end) [chunk, dim]."""
    measured = geometry(pos, rest, offset, springs)
    k = stiffness_of(law, springs, measured.rest_length)
    tension = measured.elongation if k is None else k * measured.elongation
    energy = 0.5 * tension * measured.elongation
    return energy, (tension * measured.inverse)[:, None] * measured.bond


def hessian_product(
    pos: Tensor, rest: Tensor, springs: Springs, law: Law | None, vector: Tensor
) -> Tensor:
    """Return the Hessian times `vector` [num_nodes, dim], as dE/d(target end) [chunk, dim].

    Coincident predicted atoms have no direction; there the term -d·|x̂| counts as flat.
    """
    measured = geometry(pos, rest, pos - rest, springs)
    k = stiffness_of(law, springs, measured.rest_length)
    ratio = torch.where(
        measured.length > COINCIDENT**0.5, measured.rest_length * measured.inverse, 0.0
    )
    move = vector[springs.target] - vector[springs.source]
    unit = measured.bond * measured.inverse[:, None]
    along = (unit * move).sum(dim=1)
    product = (1.0 - ratio)[:, None] * move + (ratio * along)[:, None] * unit
    return product if k is None else k[:, None] * product
