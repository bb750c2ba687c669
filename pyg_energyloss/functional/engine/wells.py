"""Potentials as the plain-torch engine evaluates them, also in units in which huge lengths fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss import potentials
from pyg_energyloss.functional.engine.handles import Handle
from pyg_energyloss.radial import Well, WellForm

HARMONIC = WellForm(Well.HARMONIC)

_CLASSES: dict[Well, Callable[..., potentials.Potential]] = {
    Well.ABSOLUTE: lambda _: potentials.Absolute(),
    Well.FLAT_BOTTOM: potentials.FlatBottom,
    Well.HARMONIC: lambda _: potentials.Harmonic(),
    Well.HUBER: potentials.Huber,
    Well.LDDT: lambda _: potentials.LDDT(),
    Well.MORSE: potentials.Morse,
}


def well_of(potential: Any) -> WellForm | Handle:
    """Return the form of a potential that kernels know, or a handle of the object.

    Raises:
        TypeError: `potential` has no `value` and `slope`.

    >>> well_of(None).form.name
    'HARMONIC'
    """
    if potential is None:
        return HARMONIC
    if isinstance(potential, (WellForm, Handle)):
        return potential
    if not hasattr(potential, "value") or not hasattr(potential, "slope"):
        raise TypeError(
            "`potential` must have `value` and `slope` of (predicted, target), or be None, got "
            f"{potential!r}; names are understood by PairEnergyLoss and pyg_energyloss.registry"
        )
    ask = getattr(potential, "kernel_form", None)
    form: WellForm | None = None if ask is None else ask()
    return Handle(potential) if form is None else form


def potential_object(well: WellForm | Handle) -> Any:
    """Return the object of a form or handle, with `value` and `slope`.

    >>> potential_object(WellForm(Well.HUBER, 2.0))
    Huber(2)
    """
    return well.held if isinstance(well, Handle) else _CLASSES[well.form](well.parameter)


def degree(well: WellForm | Handle) -> int:
    """Return 2 where scaled lengths give a scaled energy, 0 where true lengths are needed."""
    quadratic = isinstance(well, WellForm) and well.form in {Well.HARMONIC, Well.FLAT_BOTTOM}
    return 2 if quadratic else 0


def tension_and_energy(
    well: WellForm | Handle, stretch: Tensor, target: Tensor, unit: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Return dφ/de and φ of elongations in a scaled unit, in that unit if its degree is 2.

    Args:
        well: the potential.
        stretch: elongations, scaled.
        target: true distances of the pairs, not scaled.
        unit: what a scaled length has to be multiplied with, or None for one.
    """
    if isinstance(well, WellForm) and well.form == Well.FLAT_BOTTOM and unit is not None:
        width = well.parameter / unit
        tension = stretch - stretch.clamp(min=-width, max=width)
        return tension, 0.5 * tension.square()
    potential = potential_object(well)
    if unit is not None and not degree(well):
        stretch = stretch * unit
    if isinstance(well, WellForm) and well.form != Well.MORSE:
        return potential.tension(stretch), potential.energy(stretch)
    if isinstance(potential, potentials.Potential):
        return _held(potential.tension(stretch), potential.energy(stretch))
    predicted = target + stretch
    return _held(potential.slope(predicted, target), potential.value(predicted, target))


def _held(tension: Tensor, energy: Tensor) -> tuple[Tensor, Tensor]:
    """Both inside the range of the type, which steep potentials leave; NaN stays NaN.

    An infinite one times a stiffness of zero, or beside an opposite one, would be NaN.
    """
    largest = torch.finfo(energy.dtype).max
    strongest = largest / 2**24  # so many of them can be added up
    return tension.clamp(-strongest, strongest), energy.clamp(-largest, largest)


def curvature(
    well: WellForm | Handle, stretch: Tensor, target: Tensor, unit: Tensor | None
) -> Tensor:
    """Return d²φ/de² of elongations in a scaled unit; zero where the potential has a kink."""
    if isinstance(well, WellForm) and well.form == Well.HARMONIC:
        return torch.ones_like(stretch)
    with torch.enable_grad():
        leaf = stretch.detach().requires_grad_()
        tension, _ = tension_and_energy(well, leaf, target, unit)
        if not tension.requires_grad:
            return torch.zeros_like(stretch)
        (bend,) = torch.autograd.grad(tension.sum(), leaf, allow_unused=True)
    bend = torch.zeros_like(stretch) if bend is None else bend
    return bend if unit is None or degree(well) else bend / unit
