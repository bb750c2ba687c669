"""The flat-bottomed potential."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.potentials.base import Potential
from pyg_energyloss.radial import Well, WellForm
from pyg_energyloss.stiffness.base import check_positive


class FlatBottom(Potential):
    r"""Allow a range around the target and be harmonic outside it.

    .. math:: \varphi(e) = \tfrac12 \max(|e| - w, 0)^2

    Args:
        width: w, half the width of the bottom, in the unit of the distances.

    Raises:
        ValueError: `width` is negative or not finite.

    >>> import torch
    >>> FlatBottom(0.5).value(torch.tensor([1.4, 2.5]), torch.tensor([1.0, 1.0]))
    tensor([0.0000, 0.5000])

    Source: the restraints of molecular dynamics programs, such as GROMACS' flat-bottomed ones.
    """

    def __init__(self, width: float = 0.5) -> None:
        self.width = check_positive("width", width, zero=True)

    def energy(self, stretch: Tensor) -> Tensor:
        """Return φ(e) [same shape as stretch]."""
        return 0.5 * self.tension(stretch).square()

    def tension(self, stretch: Tensor) -> Tensor:
        """Return dφ/de [same shape as stretch]."""
        return stretch - stretch.clamp(min=-self.width, max=self.width)

    def kernel_form(self) -> WellForm:
        """Return the potential in the language of the compiled kernels."""
        return WellForm(Well.FLAT_BOTTOM, self.width)

    def __repr__(self) -> str:
        return f"FlatBottom({self.width:g})"
