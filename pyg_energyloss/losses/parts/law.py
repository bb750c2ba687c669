"""Look a stiffness law or a potential up by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def named_law(stiffness: str | Callable[..., Any]) -> Any:
    """Return a stiffness law: the registered one if `stiffness` is a name, else itself.

    Raises:
        TypeError: it is neither a name nor callable.
        UnknownNameError: nothing is registered under the name.

    >>> named_law("constant")
    Constant(1)
    """
    if isinstance(stiffness, str):
        from pyg_energyloss import registry

        return registry.create("stiffness", stiffness)
    if not callable(stiffness):
        raise TypeError(
            f"`stiffness` must be a name or a callable distance -> k, got {stiffness!r}"
        )
    return stiffness


def named_potential(potential: Any) -> Any:
    """Return a potential: the registered one if `potential` is a name, else itself.

    Raises:
        TypeError: it is neither a name nor has `value` and `slope`.
        UnknownNameError: nothing is registered under the name.

    >>> named_potential("huber")
    Huber(1)
    """
    if isinstance(potential, str):
        from pyg_energyloss import registry

        return registry.create("potential", potential)
    if not hasattr(potential, "value") or not hasattr(potential, "slope"):
        raise TypeError(
            "`potential` must be a name or an object with `value` and `slope` of (predicted, "
            f"target), got {potential!r}"
        )
    return potential
