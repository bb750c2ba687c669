"""The RMSD after superposition as a loss."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from pyg_energyloss.functional import kabsch_rmsd
from pyg_energyloss.functional.kabsch_rmsd import check_softening
from pyg_energyloss.losses.parts.graph_info import GraphInfo
from pyg_energyloss.losses.parts.structure import StructureLoss


class RMSDLoss(StructureLoss):
    """Score positions by their RMSD after the best rigid superposition.

    It is blind to rotation and translation, and with `mirror` to reflection. Formula:
    `pyg_energyloss.functional.kabsch_rmsd`.

    Args:
        mirror: score the mirror image of the target as well, and count the better of the two. Take
            it where the input does not tell the hand: a molecular graph without stereo tags.
        softening: length in Å below which the value is quadratic.
        reduction: over graphs: "mean", "sum", or "none" for one value per graph.

    Raises:
        ValueError: `softening` is not positive, or `reduction` is something else.

    >>> import torch
    >>> from torch_geometric.data import Data
    >>> water = Data(pos=torch.tensor([[0.0, 0, 0.1], [0, 0.8, -0.5], [0, -0.8, -0.5]]))
    >>> RMSDLoss()(water.pos + 3.0, water).round(decimals=2)
    tensor(0.)

    Source: Kabsch, Acta Cryst. A32, 922 (1976).
    """

    degree: ClassVar = 1.0
    defaults: ClassVar = {"mirror": False, "softening": 0.02, **StructureLoss.defaults}

    def __init__(
        self, *, mirror: bool = False, softening: float = 0.02, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        self.mirror = mirror
        self.softening = check_softening(softening)

    def graph_values(self, pos_pred: Tensor, info: GraphInfo) -> Tensor:
        """Return the value of each graph [num_graphs] in Å."""
        return kabsch_rmsd(
            pos_pred, info.pos, mirror=self.mirror, softening=self.softening, **info.graphs
        )
