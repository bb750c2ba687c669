"""What every stiffness law shares: a name, the constants, a repr; and how arguments are checked."""

from __future__ import annotations

import math

from torch import Tensor

from pyg_energyloss.radial import RadialForm


class Stiffness:
    """A spring constant as a function of the true distance; call it with a tensor of distances.

    A subclass that a compiled kernel can evaluate returns its form from `radial_form`.
    """

    def __call__(self, distance: Tensor) -> Tensor:
        """Return k [same shape as distance]."""
        raise NotImplementedError

    def radial_form(self) -> RadialForm | None:
        """Return the law in the language of the compiled kernels, or None."""
        return None


def check_positive(name: str, value: float, *, zero: bool = False) -> float:
    """Return `value` as a float; raise unless it is finite and positive (or zero if allowed).

    Raises:
        ValueError: it is not.

    >>> check_positive("strength", 2)
    2.0
    """
    number = float(value)
    if not math.isfinite(number) or number < 0 or (number == 0 and not zero):
        wanted = "finite and not negative" if zero else "finite and positive"
        raise ValueError(f"`{name}` must be {wanted}, got {value!r}")
    return number
