"""Repair structures: go downhill in the energy of their restraints, all molecules at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import graph_sum, resolve_batch
from pyg_energyloss.restraints.coordinates import term_values
from pyg_energyloss.restraints.energy import Potentials, restraint_energy
from pyg_energyloss.restraints.kinds import Kind
from pyg_energyloss.restraints.terms import Restraints
from pyg_energyloss.restraints.violated import hand_is_right

#: Steps in a row that must have gone downhill before the time step grows.
_PATIENCE = 5
_GROW, _SHRINK, _MIXING, _LESS_MIXING = 1.1, 0.5, 0.1, 0.99
#: First and largest time step; springs of weight one have a period of 2π.
_STEP, _LONGEST = 0.2, 0.8
#: Å; no atom moves further in a step.
_REACH = 0.2
#: Factor of the terms of chirality while centres are inverted, and share of the steps they take.
_PUSH, _PUSHING = 20.0, 0.4


def relax(
    pos: Tensor,
    restraints: Restraints,
    *,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    steps: int = 200,
    tolerance: float = 1e-3,
    potential: Potentials = None,
) -> Tensor:
    """Return positions in which the terms are within their bounds, near those given.

    FIRE, with a velocity and a time step for each molecule. A structure that breaks nothing stays
    as it is, and atoms within their flat bottoms stop. Where centres are
    inverted, the first part of the steps turns them over: chirality is stronger there, and the
    angles at these centres and all clashes are left out.

    Args:
        pos: positions [num_nodes, 3], in Å.
        restraints: the terms, numbered as ``pos``.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        steps: at most, one evaluation each.
        tolerance: stop when no atom has a larger force, in the unit of weight x Å.
        potential: as in `restraint_energy`.

    Returns:
        [num_nodes, 3], without gradient.

    Raises:
        TypeError, ValueError: as `restraint_energy`, or ``steps`` is negative.

    >>> bond = Restraints.of("bond", [(0, 1)], [(1.0, 1.5)])
    >>> relax(torch.tensor([[0.0, 0, 0], [2.0, 0, 0]]), bond).diff(dim=0).norm().round(decimals=1)
    tensor(1.5000)

    Source: Bitzek et al., "Structural relaxation made simple", Phys. Rev. Lett. 97, 170201 (2006).
    """
    if steps < 0:
        raise ValueError(f"`steps` must not be negative, got {steps}")
    owner, count = resolve_batch(pos, batch, num_graphs)

    def force_of(terms: Restraints) -> Callable[[Tensor], Tensor]:
        def force(place: Tensor) -> Tensor:
            with torch.enable_grad():
                at = place.detach().requires_grad_()
                energy = restraint_energy(
                    at, terms, potential=potential, batch=owner, num_graphs=count
                )
                return -torch.autograd.grad(energy.sum(), at)[0]

        return force

    with torch.no_grad():
        place = pos.detach().clone()
        rest, turned = steps, _turned(place, restraints)
        if turned is not None:
            rest = steps - round(_PUSHING * steps)
            place = _fire(place, force_of(turned), owner, count, steps - rest, tolerance)
        return _fire(place, force_of(restraints), owner, count, rest, tolerance)


def _fire(  # noqa: PLR0917 - private
    pos: Tensor,
    force_at: Callable[[Tensor], Tensor],
    batch: Tensor | None,
    count: int,
    steps: int,
    tolerance: float,
) -> Tensor:
    velocity = torch.zeros_like(pos)
    step = pos.new_full((count,), _STEP)
    mixing = pos.new_full((count,), _MIXING)
    downhill = pos.new_zeros(count)

    def per_node(value: Tensor) -> Tensor:
        return (value if batch is None else value[batch])[:, None]

    for _ in range(steps):
        force = force_at(pos)
        if float(force.abs().amax()) < tolerance if force.numel() else True:
            break
        sums = graph_sum(
            torch.stack(
                [(force * velocity).sum(1), force.square().sum(1), velocity.square().sum(1)], dim=1
            ),
            batch,
            count,
        )
        power, squared, kinetic = sums.unbind(dim=1)
        good = power > 0
        downhill = torch.where(good, downhill + 1, 0.0)
        turned = mixing * (kinetic / squared.clamp(min=1e-30)).sqrt()
        velocity = torch.where(
            per_node(good), per_node(1 - mixing) * velocity + per_node(turned) * force, 0.0
        )
        patient = good & (downhill > _PATIENCE)
        step = torch.where(patient, (step * _GROW).clamp(max=_LONGEST), step)
        step = torch.where(good, step, step * _SHRINK).clamp(min=0.02)
        mixing = torch.where(good, torch.where(patient, mixing * _LESS_MIXING, mixing), _MIXING)
        # An atom that nothing pulls at stops, so that flat bottoms are not crossed.
        pulled = force.any(dim=1, keepdim=True)
        velocity = torch.where(pulled, velocity + per_node(step) * force, 0.0)
        move = per_node(step) * velocity
        length = move.norm(dim=1, keepdim=True)
        pos = pos + move * (_REACH / length.clamp(min=_REACH))
    return pos


def _turned(pos: Tensor, restraints: Restraints) -> Restraints | None:
    """Terms that turn the inverted centres over, or None where none is inverted.

    Strong chirality, and neither the angles at these centres nor the clashes, which would keep a
    centre from going through the plane of its neighbours.
    """
    held = restraints.kind == Kind.CHIRALITY
    right = hand_is_right(term_values(pos, restraints), restraints) | ~held
    if bool(right.all()):
        return None
    inverted = torch.zeros(pos.size(0), dtype=torch.bool, device=pos.device)
    inverted[restraints.index[0, ~right]] = True
    angle = (restraints.kind == Kind.ANGLE) & inverted[restraints.index[1]]
    weight = torch.where(held, _PUSH * restraints.weight, restraints.weight)
    return replace(restraints, weight=weight).where(~angle & (restraints.kind != Kind.CLASH))
