"""The Morse potential."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.potentials.base import Potential
from pyg_energyloss.radial import Well, WellForm
from pyg_energyloss.stiffness.base import check_positive

#: The wall is continued by its tangent beyond -a e = 8, where it is 4 million times as high as
#: the well is deep: two atoms of a large structure that coincide have finite forces.
WALL = 8.0


class Morse(Potential):
    r"""Let a stretched pair break and a compressed one meet a wall, as chemical bonds do.

    .. math:: \varphi(e) = \frac{(1 - \exp(-a e))^2}{2 a^2}

    The second derivative at the minimum is one, so with the stiffness
    ``stiffness.Morse(depth, a)`` the energy of a pair is the Morse potential of that depth.

    Args:
        inverse_width: a, in one over the unit of the distances.

    Raises:
        ValueError: `inverse_width` is not finite and positive.

    >>> import torch
    >>> Morse(2.0).value(torch.tensor([1.0, 100.0]), torch.tensor([1.0, 1.0]))
    tensor([0.0000, 0.1250])

    Source: Morse, Phys. Rev. 34 (1929) 57; arXiv 2511.02087, section 4.2. Ours: the tangent beyond
    -a e = 8.
    """

    def __init__(self, inverse_width: float = 1.0) -> None:
        self.inverse_width = check_positive("inverse_width", inverse_width)

    def energy(self, stretch: Tensor) -> Tensor:
        """Return φ(e) [same shape as stretch]."""
        reach = -self.inverse_width * stretch
        bend = torch.expm1(reach.clamp(max=WALL))
        beyond = (reach - WALL).clamp(min=0.0)
        curved = 0.5 * bend.square() + bend * (bend + 1.0) * beyond
        return curved / self.inverse_width**2

    def tension(self, stretch: Tensor) -> Tensor:
        """Return dφ/de [same shape as stretch]."""
        bend = torch.expm1((-self.inverse_width * stretch).clamp(max=WALL))
        return bend * (bend + 1.0) / -self.inverse_width

    def kernel_form(self) -> WellForm:
        """Return the potential in the language of the compiled kernels."""
        return WellForm(Well.MORSE, self.inverse_width)

    def __repr__(self) -> str:
        return f"Morse({self.inverse_width:g})"
