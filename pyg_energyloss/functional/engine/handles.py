"""Numbers that stand for laws and potentials, which a custom operator cannot be passed."""

from __future__ import annotations

import itertools
from typing import Any

_held: dict[int, Any] = {}
_counter = itertools.count(1)


class Handle:
    """An object with a number by which compiled code finds it; it lives as long as this one.

    >>> handle = Handle(lambda distance, source, target: distance)
    >>> held(handle.number) is handle.held
    True
    """

    def __init__(self, held: Any) -> None:
        self.held = held
        self.number = next(_counter)
        _held[self.number] = held

    def __call__(self, *arguments: Any) -> Any:
        """Call what is held: a law of (distance, source, target)."""
        return self.held(*arguments)

    def __del__(self) -> None:
        _held.pop(self.number, None)

    def __reduce__(self) -> tuple[type[Handle], tuple[Any]]:
        return Handle, (self.held,)

    def __deepcopy__(self, _memo: dict[int, Any]) -> Handle:
        return Handle(self.held)


def handle_of(law: Any) -> int:
    """Return the number of a law or potential, for compiled code.

    Raises:
        TypeError: it has none.
    """
    if not isinstance(law, Handle):
        raise TypeError(
            f"{law!r} cannot be used in code compiled by torch.compile over complete graphs; hold "
            "it in a PairEnergyLoss"
        )
    return law.number


def held(number: int) -> Any:
    """Return the object of a number, or None for 0.

    Raises:
        KeyError: the object no longer exists.
    """
    if number == 0:
        return None
    if number not in _held:
        raise KeyError(
            f"the law or potential number {number} no longer exists; keep the loss that holds it "
            "for as long as gradients are taken"
        )
    return _held[number]
