"""What every potential shares: a function of how far a pair is from its true distance."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from pyg_energyloss.radial import WellForm


class Potential:
    """An energy of a predicted distance (or angle, or volume) beside the true one.

    The potentials here depend on the elongation e = predicted - target alone: a subclass gives
    `energy` and `tension`, and `kernel_form` where a compiled kernel knows it. Any other object
    with `value` and `slope` serves as well.
    """

    #: The power of e that φ grows with; of a potential that is no power, the one near its minimum.
    degree: ClassVar[float] = 2.0

    def energy(self, stretch: Tensor) -> Tensor:
        """Return φ(e) [same shape as stretch]."""
        raise NotImplementedError

    def tension(self, stretch: Tensor) -> Tensor:
        """Return dφ/de [same shape as stretch]."""
        raise NotImplementedError

    def value(self, predicted: Tensor, target: Tensor) -> Tensor:
        """Return φ(predicted | target) [same shape]."""
        return self.energy(predicted - target)

    def slope(self, predicted: Tensor, target: Tensor) -> Tensor:
        """Return dφ/d(predicted) [same shape]."""
        return self.tension(predicted - target)

    def kernel_form(self) -> WellForm | None:
        """Return the potential in the language of the compiled kernels, or None."""
        return None
