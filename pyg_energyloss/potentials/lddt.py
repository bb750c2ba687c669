"""The potential of the smooth lDDT loss."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.potentials.base import Potential
from pyg_energyloss.radial import Well, WellForm

#: Deviations, in Å, around which a pair stops to count as preserved.
THRESHOLDS = (0.5, 1.0, 2.0, 4.0)


class LDDT(Potential):
    r"""Count a pair as lost, softly, at four deviations: the smooth lDDT of AlphaFold 3.

    .. math:: \varphi(e) = 1 - \tfrac14 \sum_{t \in \{\frac12, 1, 2, 4\}} \sigma(t - |e|)

    It is 0.196 at the minimum and at most one; the thresholds are in Å, so positions must be too.

    >>> import torch
    >>> LDDT().value(torch.tensor([1.0, 100.0]), torch.tensor([1.0, 1.0]))
    tensor([0.1959, 1.0000])

    Source: Abramson et al., Nature 630 (2024) 493, supplementary algorithm 27.
    """

    def energy(self, stretch: Tensor) -> Tensor:
        """Return φ(e) [same shape as stretch]."""
        off = stretch.abs()
        return sum(0.25 * torch.sigmoid(off - limit) for limit in THRESHOLDS)  # type: ignore[return-value]

    def tension(self, stretch: Tensor) -> Tensor:
        """Return dφ/de [same shape as stretch]."""
        off = stretch.abs()
        lost = [torch.sigmoid(off - limit) for limit in THRESHOLDS]
        return 0.25 * stretch.sign() * sum(share * (1.0 - share) for share in lost)

    def kernel_form(self) -> WellForm:
        """Return the potential in the language of the compiled kernels."""
        return WellForm(Well.LDDT)

    def __repr__(self) -> str:
        return "LDDT()"
