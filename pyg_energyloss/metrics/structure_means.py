"""lDDT, distance errors, bond errors and symmetric RMSD as torchmetrics classes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional import lddt, neighbour_weight
from pyg_energyloss.losses.chains import BondLoss
from pyg_energyloss.losses.distance import DistanceLoss
from pyg_energyloss.losses.parts.graph_info import graph_info
from pyg_energyloss.losses.symmetric import SymmetricLoss
from pyg_energyloss.metrics.graph_mean import GraphMean


class LDDT(GraphMean):
    """Mean lDDT of the structures, 1 at best. See `pyg_energyloss.functional.lddt`.

    Atoms where ``data.is_nucleotide`` [num_nodes] is true, if it is there, have their own cutoff.

    Args:
        cutoff: true distance in Å up to which atoms are neighbours.
        nucleotide_cutoff: the same for atoms of nucleotides.
        options: those of `torchmetrics.Metric`.

    >>> from torch_geometric.data import Data
    >>> metric = LDDT()
    >>> metric.update(torch.tensor([[0.0], [1.7]]), Data(pos=torch.tensor([[0.0], [1.0]])))
    >>> metric.compute()
    tensor(0.7500)
    """

    higher_is_better = True

    def __init__(
        self, *, cutoff: float = 15.0, nucleotide_cutoff: float = 30.0, **options: Any
    ) -> None:
        super().__init__(**options)
        self.cutoff, self.nucleotide_cutoff = cutoff, nucleotide_cutoff

    def graph_values(self, pos_pred: Tensor, data: Any) -> tuple[Tensor, Tensor]:
        """Return the lDDT of each graph [num_graphs] and whether it has neighbours."""
        info = graph_info(data)
        options: dict[str, Any] = {
            "cutoff": self.cutoff,
            "is_nucleotide": getattr(data, "is_nucleotide", None),
            "nucleotide_cutoff": self.nucleotide_cutoff,
            **info.graphs,
        }
        near = neighbour_weight(info.pos, **options)
        return lddt(pos_pred, info.pos, **options), near > 0


class DistanceMAE(GraphMean):
    """Mean over structures of the mean absolute error of all their distances, in Å.

    >>> from torch_geometric.data import Data
    >>> metric = DistanceMAE()
    >>> metric.update(torch.tensor([[0.0], [3.0]]), Data(pos=torch.tensor([[0.0], [1.0]])))
    >>> metric.compute()
    tensor(2.)
    """

    higher_is_better = False

    def graph_values(self, pos_pred: Tensor, data: Any) -> tuple[Tensor, Tensor]:
        """Return the error of each graph [num_graphs] in Å and whether it has two atoms."""
        info = graph_info(data)
        pairs = neighbour_weight(info.pos, None, **info.graphs)
        return DistanceLoss("l1", reduction="none")(pos_pred, data), pairs > 0


class BondMAE(GraphMean):
    """Mean over structures of the mean absolute error of their bond lengths, in Å.

    Bonds are ``data.edge_index``, one direction or both.

    >>> from torch_geometric.data import Data
    >>> pos, bonds = torch.tensor([[0.0], [1.0], [9.0]]), torch.tensor([[0], [1]])
    >>> metric = BondMAE()
    >>> metric.update(1.5 * pos, Data(pos=pos, edge_index=bonds))
    >>> metric.compute()
    tensor(0.5000)
    """

    higher_is_better = False

    def graph_values(self, pos_pred: Tensor, data: Any) -> tuple[Tensor, Tensor]:
        """Return the error of each graph [num_graphs] in Å and whether it has bonds."""
        loss = BondLoss(reduction="none")
        return loss(pos_pred, data), loss.chain_weight(data) > 0


class SymmetricRMSD(GraphMean):
    """Mean over structures of the RMSD after the best superposition, equivalent atoms exchanged.

    Equivalent are atoms that an automorphism of the bonds and elements exchanges, as in
    `SymmetricLoss`. Mirror images differ; `RMSDEvaluator` takes the better of the two.

    Args:
        colors: name of the attribute [num_nodes] that an exchange must keep; None if all nodes are
            alike.
        options: those of `torchmetrics.Metric`.

    >>> from torch_geometric.data import Data
    >>> water = Data(pos=torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1.5, 0]]))
    >>> water.z, water.edge_index = torch.tensor([8, 1, 1]), torch.tensor([[0, 0], [1, 2]])
    >>> metric = SymmetricRMSD()
    >>> metric.update(water.pos[[0, 2, 1]] + 7.0, water)
    >>> metric.compute() < 1e-3
    tensor(True)
    """

    higher_is_better = False

    def __init__(self, *, colors: str | None = "z", **options: Any) -> None:
        super().__init__(**options)
        self.colors = colors

    def graph_values(self, pos_pred: Tensor, data: Any) -> tuple[Tensor, Tensor]:
        """Return the RMSD of each graph [num_graphs] in Å and whether it has atoms."""
        value = symmetric_rmsd(pos_pred, data, colors=self.colors)
        info = graph_info(data)
        weight = info.pos.new_ones(len(info.pos)) if info.node_weight is None else info.node_weight
        batch = torch.zeros_like(weight).long() if info.batch is None else info.batch
        return value, weight.new_zeros(info.num_graphs).index_add(0, batch, weight) > 0


def symmetric_rmsd(pos_pred: Tensor, data: Any, *, colors: str | None = "z") -> Tensor:
    """Return the RMSD of each graph [num_graphs], in Å, equivalent atoms exchanged freely.

    Args:
        pos_pred: predicted positions [num_nodes, dim].
        data: PyG data or batch with ``pos``, ``edge_index`` (bonds) and the attribute `colors`.
        colors: what an exchange must keep; None if all nodes are alike.

    Raises:
        ValueError: `data` lacks bonds or `colors`.
        ImportError: igraph is missing.
    """
    squared: Tensor = SymmetricLoss(colors=colors, reduction="none")(pos_pred, data)
    return (squared * pos_pred.size(1)).clamp(min=0.0).sqrt()
