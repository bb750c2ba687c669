"""Turn what a user passes as `stiffness` into what the engines understand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from pyg_energyloss.functional.engine.handles import Handle
from pyg_energyloss.functional.engine.problem import spring_law
from pyg_energyloss.radial import RadialForm


def law_of(stiffness: Any) -> RadialForm | Handle | None:
    """Return the radial form of a law, or the law as a function of (distance, source, target).

    An object with `radial_form` runs in the compiled kernels; one with `pair_stiffness` is asked
    with the two ends of each pair; any other callable is asked with the distance alone.

    Raises:
        TypeError: `stiffness` is none of these.

    >>> from pyg_energyloss.stiffness import Exponential
    >>> law_of(Exponential(2.0)).strength
    2.0
    """
    if stiffness is None or isinstance(stiffness, (RadialForm, Handle)):
        return stiffness
    radial = getattr(stiffness, "radial_form", None)
    form: RadialForm | None = radial() if radial is not None else None
    if form is not None:
        return form
    pairwise = getattr(stiffness, "pair_stiffness", None)
    if pairwise is not None:
        return Handle(pairwise)
    if not callable(stiffness):
        raise TypeError(
            f"`stiffness` must be a callable distance -> k, or None, got {stiffness!r}; names "
            "are understood by PairEnergyLoss and pyg_energyloss.registry"
        )

    def of_distance(distance: Tensor, _source: Tensor, _target: Tensor) -> Tensor:
        k: Tensor = stiffness(distance)
        return k

    return Handle(of_distance)


def law_function(stiffness: Any) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return a law as a function of (distance, source, target) in plain torch.

    Raises:
        TypeError: `stiffness` is None or not a law.

    >>> import torch
    >>> law_function(lambda distance: 2 * distance)(torch.ones(1), torch.zeros(1), torch.ones(1))
    tensor([2.])
    """
    function = spring_law(law_of(stiffness))
    if function is None:
        raise TypeError("`stiffness` must be a callable distance -> k, got None")
    return function
