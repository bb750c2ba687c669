"""Checks of what the user asks of the networks."""

from __future__ import annotations

from e3nn import o3

NAMES = {"0e": "scalars", "1o": "vectors", "2e": "symmetric tensors"}


def hidden_irreps(irreps: str, *, needs: tuple[str, ...] = ("0e", "1o")) -> o3.Irreps:
    """Return hidden features, sorted and merged, that have what the outputs are read from.

    Args:
        irreps: In e3nn's notation.
        needs: What must be among them, of ``NAMES``.

    Raises:
        ValueError: ``irreps`` is not valid or lacks one of ``needs``.

    Example:
        >>> hidden_irreps("1x1o + 2x0e + 3x1o")
        2x0e+4x1o
    """
    try:
        hidden = o3.Irreps(irreps).sort().irreps.simplify()
    except ValueError as error:
        raise ValueError(
            f"`irreps` must be in e3nn's notation, e.g. '32x0e + 12x1o'; got {irreps!r}"
        ) from error
    if any(irrep not in hidden for irrep in needs):
        wanted = " and ".join(f"{NAMES[irrep]} ({irrep})" for irrep in needs)
        raise ValueError(f"`irreps` must contain {wanted}; got {irreps!r}")
    return hidden


def at_least_one(name: str, value: int) -> int:
    """Return the value of an option.

    Raises:
        ValueError: it is below 1.

    Example:
        >>> at_least_one("layers", 3)
        3
    """
    if value < 1:
        raise ValueError(f"`{name}` must be at least 1, got {value}")
    return value
