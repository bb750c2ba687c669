"""The harmonic potential."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.potentials.base import Potential
from pyg_energyloss.radial import Well, WellForm


class Harmonic(Potential):
    r"""Hold a pair by a spring: the pair energy of the paper.

    .. math:: \varphi(e) = \tfrac12 e^2

    >>> import torch
    >>> Harmonic().value(torch.tensor([3.0]), torch.tensor([1.0]))
    tensor([2.])

    Source: arXiv 2511.02087, eq 7.
    """

    def energy(self, stretch: Tensor) -> Tensor:
        """Return φ(e) [same shape as stretch]."""
        return 0.5 * stretch.square()

    def tension(self, stretch: Tensor) -> Tensor:
        """Return dφ/de [same shape as stretch]."""
        return stretch * 1.0

    def kernel_form(self) -> WellForm:
        """Return the potential in the language of the compiled kernels."""
        return WellForm(Well.HARMONIC)

    def __repr__(self) -> str:
        return "Harmonic()"
