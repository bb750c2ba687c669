"""How a loss grows with the size of an error, which decides its weight among noise levels."""

from __future__ import annotations

#: What a loss or potential counts as that does not say.
SQUARED = 2.0


def degree_of(loss: object) -> float:
    """Return p of a loss that grows like the p-th power of an error: 2 of a square, 1 of |e|.

    Read from the attribute ``degree`` of the loss or of the potential; 2 without one. A loss that
    is no power of the error, such as Huber's, says what it is like near its minimum; a sum has the
    largest degree of its parts.

    >>> from pyg_energyloss import CoordinateMAELoss, CoordinateMSELoss, PairEnergyLoss
    >>> degree_of(CoordinateMSELoss()), degree_of(CoordinateMAELoss())
    (2.0, 1.0)
    >>> degree_of(PairEnergyLoss()), degree_of(PairEnergyLoss(potential="absolute"))
    (2.0, 1.0)
    """
    return float(getattr(loss, "degree", SQUARED))
