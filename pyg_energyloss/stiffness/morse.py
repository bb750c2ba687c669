"""The stiffness of a Morse bond at its minimum."""

from __future__ import annotations

from pyg_energyloss.stiffness.base import check_positive
from pyg_energyloss.stiffness.constant import Constant


class Morse(Constant):
    r"""Give every pair the curvature of a Morse potential at its minimum.

    .. math:: V(r) = D (1 - e^{-a (r - r_0)})^2, \qquad k = V''(r_0) = 2 D a^2

    Args:
        depth: D, the well depth (energy).
        inverse_width: a, in 1/Å.

    Raises:
        ValueError: an argument is not finite and positive.

    >>> Morse(depth=2.0, inverse_width=3.0).strength
    36.0

    Source: arXiv 2511.02087, section 4.2.
    """

    def __init__(self, depth: float = 0.5, inverse_width: float = 1.0) -> None:
        self.depth = check_positive("depth", depth)
        self.inverse_width = check_positive("inverse_width", inverse_width)
        super().__init__(2.0 * self.depth * self.inverse_width**2)

    def __repr__(self) -> str:
        return f"Morse(depth={self.depth:g}, inverse_width={self.inverse_width:g})"
