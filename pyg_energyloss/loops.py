"""Plain loops over arrays that numba compiles where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def available() -> bool:
    """Whether numba can be imported."""
    try:
        import numba  # noqa: F401 - only whether it is there
    except ImportError:
        return False
    return True


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The machine code of a loop, kept on disk between runs where that is possible."""
    import numba

    fast: Callable[..., Any]
    try:
        fast = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:
        # No folder to keep the code in (a read-only installation): compile in each process.
        fast = numba.njit(nogil=True)(function)
    return fast


def compiled_or_plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """The machine code where numba is installed, else the same loop in Python, slow but right."""
    return compiled(function) if available() else function
