"""The Huber potential."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.potentials.base import Potential
from pyg_energyloss.radial import Well, WellForm
from pyg_energyloss.stiffness.base import check_positive


class Huber(Potential):
    r"""Be harmonic near the minimum and pull with a constant force far from it.

    .. math:: \varphi(e) = \tfrac12 e^2 \text{ for } |e| \le \delta, \quad
              \delta (|e| - \tfrac12 \delta) \text{ beyond}

    Args:
        delta: δ, in the unit of the distances.

    Raises:
        ValueError: `delta` is not finite and positive.

    >>> import torch
    >>> Huber(1.0).value(torch.tensor([1.5, 3.0]), torch.tensor([1.0, 1.0]))
    tensor([0.1250, 1.5000])

    Source: Huber, Ann. Math. Statist. 35 (1964) 73.
    """

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = check_positive("delta", delta)

    def energy(self, stretch: Tensor) -> Tensor:
        """Return φ(e) [same shape as stretch]."""
        tension = self.tension(stretch)
        return tension * (stretch - 0.5 * tension)

    def tension(self, stretch: Tensor) -> Tensor:
        """Return dφ/de [same shape as stretch]."""
        return stretch.clamp(min=-self.delta, max=self.delta)

    def kernel_form(self) -> WellForm:
        """Return the potential in the language of the compiled kernels."""
        return WellForm(Well.HUBER, self.delta)

    def __repr__(self) -> str:
        return f"Huber({self.delta:g})"
