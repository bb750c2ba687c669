"""Checks of what the user asks of the networks."""

from __future__ import annotations

from e3nn import o3


def hidden_irreps(irreps: str) -> o3.Irreps:
    """Return hidden features, sorted and merged, that have scalars and vectors.

    Args:
        irreps: In e3nn's notation.

    Raises:
        ValueError: ``irreps`` is not valid or lacks 0e or 1o.

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
    if "0e" not in hidden or "1o" not in hidden:
        raise ValueError(f"`irreps` must contain scalars (0e) and vectors (1o); got {irreps!r}")
    return hidden


def checked_layers(layers: int) -> int:
    """Return the number of layers.

    Raises:
        ValueError: it is below 1.

    Example:
        >>> checked_layers(3)
        3
    """
    if layers < 1:
        raise ValueError(f"`layers` must be at least 1, got {layers}")
    return layers
