"""The handedness term as a loss."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.functional import handedness
from pyg_energyloss.losses.parts.graph_info import GraphInfo
from pyg_energyloss.losses.parts.structure import StructureLoss


class HandednessLoss(StructureLoss):
    """Push a structure out of the mirror image of its target; add it to a pair energy.

    Zero near the target, 2.25 at its mirror image. Formula:
    `pyg_energyloss.functional.handedness`.

    Args:
        reduction: over graphs: "mean", "sum", or "none" for one value per graph.

    Raises:
        ValueError: `reduction` is something else.

    >>> from pyg_energyloss import PairEnergyLoss
    >>> 0.9 * PairEnergyLoss() + 0.1 * HandednessLoss()
    0.9 * PairEnergyLoss(Exponential(1, length=1)) + 0.1 * HandednessLoss()

    Source: see `pyg_energyloss.functional.handedness`.
    """

    def graph_values(self, pos_pred: Tensor, info: GraphInfo) -> Tensor:
        """Return the penalty of each graph [num_graphs]."""
        return handedness(pos_pred, info.pos, **info.graphs)
