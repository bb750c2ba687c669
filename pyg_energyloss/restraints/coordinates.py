"""The coordinate of each term, and how far it is outside its bounds."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from pyg_energyloss.functional.geometry.distance import safe_norm
from pyg_energyloss.functional.geometry.internal_coordinates import (
    bond_angle,
    improper_angle,
    signed_volume,
    torsion_angle,
)
from pyg_energyloss.restraints.kinds import COORDINATES, Coordinate
from pyg_energyloss.restraints.terms import Restraints


def _distance(pos: Tensor, index: Tensor) -> Tensor:
    return safe_norm(pos[index[1]] - pos[index[0]])


def _angle(pos: Tensor, index: Tensor) -> Tensor:
    return bond_angle(*pos[index[:3]])


def _torsion(pos: Tensor, index: Tensor) -> Tensor:
    return torsion_angle(*pos[index[:4]])


def _improper(pos: Tensor, index: Tensor) -> Tensor:
    return improper_angle(*pos[index[:4]])


def _volume(pos: Tensor, index: Tensor) -> Tensor:
    return signed_volume(*pos[index[1:]])


_FUNCTIONS: dict[Coordinate, Callable[[Tensor, Tensor], Tensor]] = {
    Coordinate.DISTANCE: _distance,
    Coordinate.ANGLE: _angle,
    Coordinate.TORSION: _torsion,
    Coordinate.IMPROPER: _improper,
    Coordinate.VOLUME: _volume,
}


def term_values(pos: Tensor, restraints: Restraints) -> Tensor:
    """Return the coordinate of each term [num_terms]: Å, rad, or Å³ for chirality.

    Differentiable in ``pos`` [num_nodes, 3], with finite first and second derivatives everywhere.

    >>> bond = Restraints.of("bond", [(0, 1)], [(1.5, 1.5)])
    >>> term_values(torch.tensor([[0.0, 0, 0], [2.0, 0, 0]]), bond)
    tensor([2.])
    """
    coordinate = torch.tensor(COORDINATES, device=pos.device)[restraints.kind]
    values = pos.new_zeros(len(restraints))
    for which, function in _FUNCTIONS.items():
        terms = (coordinate == which).nonzero()[:, 0]
        if terms.numel():
            values = values.index_put((terms,), function(pos, restraints.index[:, terms]))
    return values


def nearest_allowed(values: Tensor, restraints: Restraints) -> tuple[Tensor, Tensor]:
    """Return the values, turned by whole periods to be near, and the nearest within the bounds.

    Args:
        values: of the coordinates [num_terms].
        restraints: the terms.

    Returns:
        Both [num_terms]; the second carries no gradient.

    >>> trans = Restraints.of("torsion", [(0, 1, 2, 3)], [(3.0, 3.3)], period=2 * torch.pi)
    >>> [round(value.item(), 2) for value in nearest_allowed(torch.tensor([-3.0]), trans)]
    [3.28, 3.28]
    """
    low, high = restraints.bounds.to(values.dtype).unbind(dim=1)
    period = restraints.period.to(values.dtype)
    turning = period > 0
    middle = torch.where(turning, 0.5 * (low + high), 0.0)
    turns = torch.round((values.detach() - middle) / torch.where(turning, period, 1.0))
    near = values - torch.where(turning, turns * period, 0.0)
    return near, torch.minimum(torch.maximum(near.detach(), low), high)
