"""Look a stiffness law up by name."""

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
