"""Divisors that make the energies of small and large graphs comparable."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

#: name -> divisor [num_graphs] of the numbers of atoms, and of a function that counts the pairs.
NORMALIZERS: dict[str, Callable[[Tensor, Callable[[], Tensor]], Tensor]] = {
    "atoms": lambda atoms, _pairs: atoms,
    "atoms_squared": lambda atoms, _pairs: atoms.square(),
    "pairs": lambda _atoms, pairs: pairs(),
}


def check_normalize(normalize: str | None) -> str | None:
    """Return `normalize`; raise unless it is None or the name of a divisor.

    Raises:
        ValueError: it is something else.

    >>> check_normalize("atoms")
    'atoms'
    """
    if normalize is not None and normalize not in NORMALIZERS:
        raise ValueError(
            f"`normalize` must be one of {', '.join(NORMALIZERS)}, or None; got {normalize!r}"
        )
    return normalize
