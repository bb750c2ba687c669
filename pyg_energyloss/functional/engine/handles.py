"""Numbers that stand for stiffness callables, which a custom operator cannot be passed."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from torch import Tensor

Law = Callable[[Tensor, Tensor, Tensor], Tensor]

_laws: dict[int, Law] = {}
_counter = itertools.count(1)


class Handle:
    """A law with a number by which compiled code finds it; it lives as long as this object.

    >>> handle = Handle(lambda distance, source, target: distance)
    >>> law_of(handle.number) is handle.law
    True
    """

    def __init__(self, law: Law) -> None:
        self.law = law
        self.number = next(_counter)
        _laws[self.number] = law

    def __call__(self, distance: Tensor, source: Tensor, target: Tensor) -> Tensor:
        """Evaluate the law."""
        return self.law(distance, source, target)

    def __del__(self) -> None:
        _laws.pop(self.number, None)

    def __reduce__(self) -> tuple[type[Handle], tuple[Law]]:
        return Handle, (self.law,)

    def __deepcopy__(self, _memo: dict[int, Any]) -> Handle:
        return Handle(self.law)


def handle_of(law: Any) -> int:
    """Return the number of a law, for compiled code.

    Raises:
        TypeError: the law has none.
    """
    if not isinstance(law, Handle):
        raise TypeError(
            f"`stiffness` {law!r} cannot be used in code compiled by torch.compile over complete "
            "graphs; hold it in a PairEnergyLoss"
        )
    return law.number


def law_of(handle: int) -> Law | None:
    """Return the law of a number, or None for 0.

    Raises:
        KeyError: the law no longer exists.
    """
    if handle == 0:
        return None
    if handle not in _laws:
        raise KeyError(
            f"the stiffness law number {handle} no longer exists; keep the loss that holds it for "
            "as long as gradients are taken"
        )
    return _laws[handle]
