"""The smooth lDDT as a loss."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from pyg_energyloss.functional import smooth_lddt
from pyg_energyloss.losses.parts.graph_info import graph_info
from pyg_energyloss.losses.parts.reduce import reduce_graphs
from pyg_energyloss.losses.parts.structure import StructureLoss


class SmoothLDDTLoss(StructureLoss):
    """Score positions by the share of neighbour distances that are lost: AlphaFold 3's lDDT loss.

    Blind to rotation, translation and reflection, and to everything beyond the cutoff. It is 0.196,
    not zero, at the target. Atoms where ``data.is_nucleotide`` [num_nodes] is true, if it is there,
    have a cutoff of their own. Formula: `pyg_energyloss.functional.smooth_lddt`.

    Args:
        cutoff: true distance in Å up to which atoms are neighbours.
        nucleotide_cutoff: the same for atoms of nucleotides.
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

    def __init__(
        self,
        *,
        cutoff: float = 15.0,
        nucleotide_cutoff: float = 30.0,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        self.cutoff, self.nucleotide_cutoff = cutoff, nucleotide_cutoff

    def forward(self, pos_pred: Tensor, data: Any) -> Tensor:
        """Return the reduced loss of predicted positions [num_nodes, dim] against ``data.pos``.

        Raises:
            TypeError, ValueError: `data` lacks positions or graph information, or shapes differ.
        """
        return reduce_graphs(self.sample_values(pos_pred, data), self.reduction)

    def sample_values(self, pos_pred: Tensor, data: Any) -> Tensor:
        """Return the values of samples [num_samples, num_nodes, dim]: [num_samples, num_graphs].

        Raises:
            TypeError, ValueError: as `forward`.
        """
        info = graph_info(data)
        return smooth_lddt(
            pos_pred,
            info.pos,
            cutoff=self.cutoff,
            is_nucleotide=getattr(data, "is_nucleotide", None),
            nucleotide_cutoff=self.nucleotide_cutoff,
            **info.graphs,
        )
