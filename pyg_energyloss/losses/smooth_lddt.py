"""The smooth lDDT as a loss."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.functional import smooth_lddt
from pyg_energyloss.losses.parts.graph_info import GraphInfo
from pyg_energyloss.losses.parts.structure import StructureLoss


class SmoothLDDTLoss(StructureLoss):
    """Score positions by the share of neighbour distances that are lost: AlphaFold 3's lDDT loss.

    Blind to rotation, translation and reflection, and to everything beyond the cutoff. It is 0.196,
    not zero, at the target. Formula: `pyg_energyloss.functional.smooth_lddt`.

    Args:
        cutoff: true distance in Å up to which atoms are neighbours; 30 for nucleic acids.
        reduction: over graphs: "mean", "sum", "none" or "global_mean".

    Raises:
        ValueError: `reduction` is something else.

    >>> import torch
    >>> from torch_geometric.data import Data
    >>> pos = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    >>> SmoothLDDTLoss()(pos, Data(pos=pos))
    tensor(0.1959)

    Source: Abramson et al., Nature 630 (2024) 493, supplementary algorithm 27.
    """

    def __init__(self, *, cutoff: float = 15.0, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.cutoff = cutoff

    def graph_values(self, pos_pred: Tensor, info: GraphInfo) -> Tensor:
        """Return the value of each graph [num_graphs]."""
        return smooth_lddt(pos_pred, info.pos, cutoff=self.cutoff, **info.graphs)
