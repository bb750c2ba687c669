"""Compile a CPU kernel for the one signature that is needed.

Importing this module needs numba.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba import njit

#: Reordering and reciprocals are allowed, ignoring NaN and Inf is not: a NaN input must show.
FASTMATH = {"reassoc", "contract", "arcp", "nsz", "afn"}


def compile_kernel(function: Callable[..., None], signature: Any) -> Callable[..., None]:
    """Return the kernel, compiled or read from numba's cache on disk, for these types alone."""
    options: dict[str, Any] = {"error_model": "numpy", "nogil": True, "cache": True}
    with _collector_paused():
        kernel: Callable[..., None] = njit([signature], fastmath=FASTMATH, **options)(function)
    return kernel


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the collector of cycles out of a compilation.

    A compilation makes so many objects that the collector walks through all of torch's, which
    costs a quarter of the time of the compilation itself.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
