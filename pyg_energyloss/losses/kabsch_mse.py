"""The mean squared error after superposition as a loss."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from pyg_energyloss.functional import kabsch_mse
from pyg_energyloss.losses.parts.graph_info import GraphInfo
from pyg_energyloss.losses.parts.structure import StructureLoss


class KabschMSELoss(StructureLoss):
    """Score positions by their mean squared error after the best rigid superposition.

    It is blind to rotation and translation, and tells mirror images apart unless `mirror` is set.
    Formula: `pyg_energyloss.functional.kabsch_mse`.

    Args:
        mirror: score the mirror image of the target as well, and count the better of the two. Take
            it where the input does not tell the hand: a molecular graph without stereo tags.
        reduction: over graphs: "mean", "sum", or "none" for one value per graph.

    Raises:
        ValueError: `reduction` is something else.

    >>> import torch
    >>> from torch_geometric.data import Data
    >>> KabschMSELoss()(torch.tensor([[3.0, 0.0, 0.0]]), Data(pos=torch.zeros(1, 3)))
    tensor(0.)

    Source: arXiv 2511.02087, section 6.
    """

    defaults: ClassVar = {"mirror": False, **StructureLoss.defaults}

    def __init__(self, *, mirror: bool = False, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.mirror = mirror

    def graph_values(self, pos_pred: Tensor, info: GraphInfo) -> Tensor:
        """Return the value of each graph [num_graphs] in Å²."""
        return kabsch_mse(pos_pred, info.pos, mirror=self.mirror, **info.graphs)
