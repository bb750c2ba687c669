"""The absolute potential."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from pyg_energyloss.potentials.base import Potential
from pyg_energyloss.radial import Well, WellForm


class Absolute(Potential):
    r"""Pull with the same force however far a pair is off: robust, and sharp at the minimum.

    .. math:: \varphi(e) = |e|

    The force at e = 0 is zero, the second derivative zero everywhere.

    >>> import torch
    >>> Absolute().slope(torch.tensor([3.0, 1.0]), torch.tensor([1.0, 1.0]))
    tensor([1., 0.])

    Source: ours, beside the harmonic springs of arXiv 2511.02087, eq 7.
    """

    degree: ClassVar = 1.0

    def energy(self, stretch: Tensor) -> Tensor:
        """Return φ(e) [same shape as stretch]."""
        return stretch.abs()

    def tension(self, stretch: Tensor) -> Tensor:
        """Return dφ/de [same shape as stretch]."""
        return stretch.sign()

    def kernel_form(self) -> WellForm:
        """Return the potential in the language of the compiled kernels."""
        return WellForm(Well.ABSOLUTE)

    def __repr__(self) -> str:
        return "Absolute()"
