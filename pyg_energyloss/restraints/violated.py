"""Which terms a structure breaks: inverted centres, twisted double bonds, bent rings, clashes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from pyg_energyloss.restraints.coordinates import nearest_allowed, term_values
from pyg_energyloss.restraints.kinds import ATOMS, COORDINATES, TOLERANCES, Kind, kind_of
from pyg_energyloss.restraints.terms import Restraints


class Violation(NamedTuple):
    """A term that a structure breaks.

    Attributes:
        kind: its name: "chirality", "double_bond", "ring", "planarity", "clash", "bond" ...
        atoms: its atoms; a chirality's and planarity's centre comes first, an angle's second.
        value: the coordinate: Å, rad, or Å³.
        bounds: between which it should be.
    """

    kind: str
    atoms: tuple[int, ...]
    value: float
    bounds: tuple[float, float]


def violations(
    pos: Tensor, restraints: Restraints, *, tolerance: Mapping[str, float] | None = None
) -> list[Violation]:
    """Name the terms that are broken.

    A centre is broken if its volume has the wrong sign: it is the mirror image of what it should
    be. Every other term is if it is outside its bounds by more than the tolerance of its kind:
    0.25 Å for bonds, 0.4 Å for clashes, 20° for angles, planes and rings, 45° for double bonds and
    60° for torsions. Coordinates that are not finite are broken.

    Args:
        pos: positions [num_nodes, 3], in Å.
        restraints: the terms.
        tolerance: other tolerances by kind: Å, or rad.

    Raises:
        ValueError: a kind in ``tolerance`` is unknown.

    >>> centre = Restraints.of("chirality", [(0, 1, 2, 3, 0)], [(1.0, 1.0)])
    >>> mirrored = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, -1]])
    >>> violations(mirrored, centre)[0].atoms
    (0, 1, 2, 3)
    """
    limits = list(TOLERANCES)
    for name, value in (tolerance or {}).items():
        limits[kind_of(name)] = value
    with torch.no_grad():
        measured = term_values(pos.double(), restraints)
        near, allowed = nearest_allowed(measured, restraints)
        allowance = torch.tensor(limits, dtype=near.dtype, device=near.device)[restraints.kind]
        kept = (near - allowed).abs() <= allowance
        centre = restraints.kind == Kind.CHIRALITY
        kept = torch.where(centre, hand_is_right(measured, restraints), kept)
    found = []
    for term in (~kept).nonzero()[:, 0].tolist():
        kind = Kind(int(restraints.kind[term]))
        rows = restraints.index[: ATOMS[COORDINATES[kind]], term].tolist()
        low, high = restraints.bounds[term].tolist()
        name, value = kind.name.lower(), float(near[term])
        found.append(Violation(name, tuple(dict.fromkeys(rows)), value, (low, high)))
    return found


def hand_is_right(values: Tensor, restraints: Restraints) -> Tensor:
    """Return whether each value [num_terms] has the sign that its bounds ask for, if they do."""
    low, high = restraints.bounds.to(values.dtype).unbind(dim=1)
    return torch.where(low > 0, values > 0, torch.where(high < 0, values < 0, ~values.isnan()))
