"""The frame-aligned point error as a loss."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from pyg_energyloss.functional.fape import fape
from pyg_energyloss.functional.geometry.frames import bonded_frames
from pyg_energyloss.losses.parts.graph_info import graph_info
from pyg_energyloss.losses.parts.reduce import reduce_graphs
from pyg_energyloss.losses.parts.structure import StructureLoss


class FAPELoss(StructureLoss):
    """Score positions by the error of all atoms seen from all frames: AlphaFold 2's FAPE.

    Frames are ``data.frame_index`` [3, num_frames] (first atom, origin, last atom; PyG batches it),
    or else those of all bond angles of ``data.edge_index``. It tells mirror images apart, and is
    √ε / Z at the target. Formula: `pyg_energyloss.functional.fape`.

    Args:
        clamp: errors in Å beyond which there is no gradient; None for no clamp.
        scale: Z in Å, which the errors are divided by.
        epsilon: ε in Å², below the root.
        reduction: over graphs: "mean", "sum", "none" or "global_mean".

    Raises:
        ValueError: `reduction` is something else.

    >>> import torch
    >>> from torch_geometric.data import Data
    >>> pos = torch.tensor([[0.0, 2, 0], [0, 0, 0], [3, 0, 0], [0, 0, 5]])
    >>> data = Data(pos=pos, frame_index=torch.tensor([[0], [1], [2]]))
    >>> FAPELoss()(pos * torch.tensor([1.0, 1.0, -1.0]), data).round(decimals=3)  # one off by 10
    tensor(0.2510)

    Source: Jumper et al., Nature 596, 583 (2021), supplementary algorithm 28.
    """

    def __init__(
        self,
        *,
        clamp: float | None = 10.0,
        scale: float = 10.0,
        epsilon: float = 1e-4,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        self.clamp, self.scale, self.epsilon = clamp, scale, epsilon

    def forward(self, pos_pred: Tensor, data: Any) -> Tensor:
        """Return the reduced loss of predicted positions [num_nodes, 3] against ``data.pos``.

        Raises:
            TypeError, ValueError: `data` lacks positions, graph information, or frames and bonds.
        """
        info = graph_info(data)
        frames = getattr(data, "frame_index", None)
        if frames is None:
            bonds = getattr(data, "edge_index", None)
            if bonds is None:
                raise ValueError(
                    "`data` must have `frame_index` [3, num_frames], or bonds in `edge_index` to "
                    "make frames of"
                )
            frames = bonded_frames(bonds, len(info.pos))
        value = fape(
            pos_pred,
            info.pos,
            frames,
            clamp=self.clamp,
            scale=self.scale,
            epsilon=self.epsilon,
            **info.graphs,
        )
        return reduce_graphs(value, self.reduction)
