"""The mean squared coordinate error as a loss."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.functional import coordinate_mse
from pyg_energyloss.losses.parts.graph_info import GraphInfo
from pyg_energyloss.losses.parts.structure import StructureLoss


class CoordinateMSELoss(StructureLoss):
    """Score positions by their mean squared error in space: the usual baseline.

    It feels rotation and translation. Formula: `pyg_energyloss.functional.coordinate_mse`.

    Args:
        reduction: over graphs: "mean", "sum", or "none" for one value per graph.

    Raises:
        ValueError: `reduction` is something else.

    >>> import torch
    >>> from torch_geometric.data import Data
    >>> CoordinateMSELoss()(torch.tensor([[3.0, 0.0, 0.0]]), Data(pos=torch.zeros(1, 3)))
    tensor(3.)

    Source: arXiv 2511.02087, eq 1.
    """

    def graph_values(self, pos_pred: Tensor, info: GraphInfo) -> Tensor:
        """Return the value of each graph [num_graphs] in Å²."""
        return coordinate_mse(pos_pred, info.pos, **info.graphs)
