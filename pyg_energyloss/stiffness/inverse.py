"""The inverse stiffness law."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.radial import Form, RadialForm
from pyg_energyloss.stiffness.base import Stiffness, check_positive


class Inverse(Stiffness):
    r"""Make springs soften with the distance: the best law with JODO in the paper.

    .. math:: k(d) = k_0 / (d + \epsilon)

    Args:
        strength: k0 (energy per Å).
        softening: ε, added to the distance in Å, so that coincident atoms are safe.

    Raises:
        ValueError: an argument is not finite and positive.

    >>> import torch
    >>> Inverse(3.0, softening=0.5)(torch.tensor([1.0, 5.5]))
    tensor([2.0000, 0.5000])

    Source: arXiv 2511.02087, section 4.2; ε = 1e-5 as in the authors' code.
    """

    def __init__(self, strength: float = 1.0, *, softening: float = 1e-5) -> None:
        self.strength = check_positive("strength", strength)
        self.softening = check_positive("softening", softening)

    def __call__(self, distance: Tensor) -> Tensor:
        """Return k [same shape as distance]."""
        return self.strength / (distance + self.softening)

    def radial_form(self) -> RadialForm:
        """Return the law in the language of the compiled kernels."""
        return RadialForm(Form.INVERSE, self.strength, self.softening)

    def __repr__(self) -> str:
        return f"Inverse({self.strength:g}, softening={self.softening:g})"
