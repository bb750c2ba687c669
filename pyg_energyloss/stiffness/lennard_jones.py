"""The stiffness of Lennard-Jones pairs at their minimum."""

from __future__ import annotations

from pyg_energyloss.stiffness.base import check_positive
from pyg_energyloss.stiffness.inverse_square import InverseSquare


class LennardJones(InverseSquare):
    r"""Give every pair the curvature of a Lennard-Jones potential whose minimum is at its distance.

    .. math:: V(r) = \varepsilon [(d/r)^{12} - 2 (d/r)^6], \; k(d) = V''(d) = 72 \varepsilon / d^2

    Args:
        epsilon: ε, the well depth (energy).
        softening: added to the squared distance in Å², so that coincident atoms are safe.

    Raises:
        ValueError: an argument is not finite and positive.

    >>> import torch
    >>> LennardJones(0.5)(torch.tensor([6.0]))
    tensor([1.0000])

    Source: arXiv 2511.02087, section 4.2.
    """

    def __init__(self, epsilon: float = 1.0 / 72.0, *, softening: float = 1e-5) -> None:
        self.epsilon = check_positive("epsilon", epsilon)
        super().__init__(72.0 * self.epsilon, softening=softening)

    def __repr__(self) -> str:
        return f"LennardJones({self.epsilon:g}, softening={self.softening:g})"
