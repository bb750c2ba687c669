"""The mean squared coordinate error of crystals as a loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional import crystal_mse
from pyg_energyloss.functional.crystals.lattice import periodic_cell
from pyg_energyloss.functional.graphs import compute_dtype
from pyg_energyloss.losses.parts.graph_info import graph_info
from pyg_energyloss.losses.parts.reduce import reduce_graphs
from pyg_energyloss.losses.parts.structure import StructureLoss


class CrystalMSELoss(StructureLoss):
    """Score positions of crystals by their mean squared error, each atom against its nearest image.

    Formula: `pyg_energyloss.functional.crystal_mse`. A predicted lattice adds its own error: the
    mean squared length, in Å², by which the lattice vectors are off, times ``lattice``. Structures
    without ``data.cell`` have no images.

    Args:
        align: Translate each prediction to where it fits best.
        lattice: Weight of the error of the lattice.
        reduction: over graphs: "mean", "sum", or "none" for one value per graph.

    Raises:
        ValueError: `reduction` is something else, or `lattice` is negative.

    >>> from torch_geometric.data import Data
    >>> crystal = Data(pos=torch.zeros(1, 3), cell=4 * torch.eye(3)[None])
    >>> CrystalMSELoss()(torch.tensor([[3.0, 0.0, 0.0]]), crystal).round(decimals=4)
    tensor(0.3333)
    """

    def __init__(
        self, *, align: bool = False, lattice: float = 1.0, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        if not lattice >= 0:
            raise ValueError(f"`lattice` must be a weight of at least 0, got {lattice}")
        self.align, self.lattice = align, lattice

    def forward(self, pos_pred: Tensor, data: Any, cell_pred: Tensor | None = None) -> Tensor:
        """Return the reduced loss of predicted positions [num_nodes, dim] against ``data.pos``.

        Args:
            pos_pred: Predicted positions, in Å.
            data: PyG batch with ``pos``, and ``cell`` where structures repeat.
            cell_pred: Predicted lattice vectors [num_graphs, dim, dim]; None means the true ones.

        Raises:
            TypeError, ValueError: `data` lacks positions, graph information or a cell.
        """
        info, dim = graph_info(data), pos_pred.size(1)
        found = periodic_cell(data, info.num_graphs, dim)
        if found is None and cell_pred is not None:
            raise ValueError("`cell_pred` needs the true lattice in `data.cell`")
        if found is None:
            cell = pos_pred.new_zeros(info.num_graphs, dim, dim)
            pbc = torch.zeros(info.num_graphs, dim, dtype=torch.bool)
        else:
            cell, pbc = found[0].to(pos_pred.device), found[1]
        values = crystal_mse(
            pos_pred,
            info.pos,
            cell,
            cell_pred=cell_pred,
            pbc=pbc,
            align=self.align,
            **info.graphs,
        )
        if cell_pred is not None:
            off = cell_pred.to(compute_dtype(pos_pred)) - cell.to(compute_dtype(pos_pred))
            values = values + self.lattice * off.square().sum(dim=(1, 2)).to(values.dtype) / dim
        return reduce_graphs(values, self.reduction)

    def __repr__(self) -> str:
        return f"CrystalMSELoss(align={self.align}, lattice={self.lattice})"


def crystal_aligned_mse(*, lattice: float = 1.0, reduction: str = "mean") -> CrystalMSELoss:
    """`CrystalMSELoss` over translations and images."""
    return CrystalMSELoss(align=True, lattice=lattice, reduction=reduction)
