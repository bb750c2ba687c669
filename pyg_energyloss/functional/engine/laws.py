"""Turn what a user passes as `stiffness` into what the engines understand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from pyg_energyloss.functional.engine.handles import Handle
from pyg_energyloss.functional.engine.problem import Law, spring_law
from pyg_energyloss.radial import RadialForm, TableForm

#: A law that is resolved: `law_of` returns it as it is.
FORMS = (RadialForm, TableForm, Handle, type(None))


def law_of(stiffness: Any) -> RadialForm | TableForm | Handle | None:
    """Return the form of a law that kernels know, or it as a function of (d, source, target).

    An object with `radial_form` or `table_form` runs in the compiled kernels; one with
    `pair_stiffness` is asked with the two ends of each pair; any other callable is asked with the
    distance alone.

    Raises:
        TypeError: `stiffness` is none of these.

    >>> from pyg_energyloss.stiffness import Exponential
    >>> law_of(Exponential(2.0)).strength
    2.0
    """
    if isinstance(stiffness, FORMS):
        return stiffness
    for name in ("radial_form", "table_form"):
        ask = getattr(stiffness, name, None)
        form: RadialForm | TableForm | None = ask() if ask is not None else None
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


def exceptions_of(stiffness: Any) -> tuple[Any, Tensor, Tensor] | None:
    """Return a law of most pairs, the pairs [2, m] that are exceptions, and their k [m].

    That is what an object with `exceptions()` gives, such as a law that knows the bonds: its energy
    is that of the other law over all pairs and a difference over the exceptions. None for others.
    """
    ask = getattr(stiffness, "exceptions", None)
    split: tuple[Any, Tensor, Tensor] | None = None if ask is None else ask()
    return split


__all__ = ["FORMS", "Law", "exceptions_of", "law_function", "law_of"]
