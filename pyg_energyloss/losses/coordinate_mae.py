"""The mean absolute coordinate error as a loss."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from pyg_energyloss.functional import coordinate_mae
from pyg_energyloss.losses.parts.graph_info import GraphInfo
from pyg_energyloss.losses.parts.structure import StructureLoss


class CoordinateMAELoss(StructureLoss):
    """Score positions by their mean absolute error in space.

    It feels rotation and translation. Formula: `pyg_energyloss.functional.coordinate_mae`.

    Args:
        reduction: over graphs: "mean", "sum", or "none" for one value per graph.

    Raises:
        ValueError: `reduction` is something else.

    >>> import torch
    >>> from torch_geometric.data import Data
    >>> CoordinateMAELoss()(torch.tensor([[3.0, 0.0, 0.0]]), Data(pos=torch.zeros(1, 3)))
    tensor(1.)

    Source: arXiv 2511.02087, section 6.
    """

    degree: ClassVar = 1.0

    def graph_values(self, pos_pred: Tensor, info: GraphInfo) -> Tensor:
        """Return the value of each graph [num_graphs] in Å."""
        return coordinate_mae(pos_pred, info.pos, **info.graphs)
