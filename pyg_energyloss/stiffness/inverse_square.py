"""The inverse square stiffness law."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.radial import Form, RadialForm
from pyg_energyloss.stiffness.base import Stiffness, check_positive


class InverseSquare(Stiffness):
    r"""Make springs soften with the distance: the decay of Lennard-Jones springs.

    .. math:: k(d) = k_0 / (d^2 + \epsilon)

    Args:
        strength: k0 (energy).
        softening: ε, added to the squared distance in Å², so that coincident atoms are safe.

    Raises:
        ValueError: an argument is not finite and positive.

    >>> import torch
    >>> InverseSquare(3.0, softening=0.5)(torch.tensor([1.0, 0.5]))
    tensor([2., 4.])

    Source: arXiv 2511.02087, section 4.2; ε = 1e-5 as in the authors' code.
    """

    def __init__(self, strength: float = 1.0, *, softening: float = 1e-5) -> None:
        self.strength = check_positive("strength", strength)
        self.softening = check_positive("softening", softening)

    def __call__(self, distance: Tensor) -> Tensor:
        """Return k [same shape as distance]."""
        return self.strength / (distance.square() + self.softening)

    def radial_form(self) -> RadialForm:
        """Return the law in the language of the compiled kernels."""
        return RadialForm(Form.INVERSE_SQUARE, self.strength, self.softening)

    def __repr__(self) -> str:
        return f"InverseSquare({self.strength:g}, softening={self.softening:g})"
