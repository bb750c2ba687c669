"""The exponential stiffness law."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.radial import Form, RadialForm
from pyg_energyloss.stiffness.base import Stiffness, check_positive


class Exponential(Stiffness):
    r"""Let springs fade over a length: the best law with GDM and EDM in the paper.

    .. math:: k(d) = k_0 \exp(-d / L)

    Args:
        strength: k0 (energy per Å²).
        length: L in Å; the paper's law has L = 1 Å.

    Raises:
        ValueError: an argument is not finite and positive.

    >>> import torch
    >>> Exponential(2.0)(torch.tensor([0.0, 1.0]))
    tensor([2.0000, 0.7358])

    Source: arXiv 2511.02087, section 4.2.
    """

    def __init__(self, strength: float = 1.0, *, length: float = 1.0) -> None:
        self.strength = check_positive("strength", strength)
        self.length = check_positive("length", length)

    def __call__(self, distance: Tensor) -> Tensor:
        """Return k [same shape as distance]."""
        return self.strength * torch.exp(distance / -self.length)

    def radial_form(self) -> RadialForm:
        """Return the law in the language of the compiled kernels."""
        return RadialForm(Form.EXPONENTIAL, self.strength, 1.0 / self.length)

    def __repr__(self) -> str:
        return f"Exponential({self.strength:g}, length={self.length:g})"
