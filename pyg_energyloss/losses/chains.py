"""Losses of bond lengths, bond angles and torsions, read from the bonds of `data`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor

from pyg_energyloss.functional.chains import bonded_chains
from pyg_energyloss.functional.geometry.distance import safe_norm
from pyg_energyloss.functional.geometry.internal_coordinates import bond_angle, torsion_angle
from pyg_energyloss.functional.graphs import check_positions, compute_dtype, graph_sum
from pyg_energyloss.functional.node_weight import present
from pyg_energyloss.functional.saturate import saturate, widen
from pyg_energyloss.losses.parts.graph_info import GraphInfo, graph_info
from pyg_energyloss.losses.parts.law import named_potential
from pyg_energyloss.losses.parts.reduce import reduce_graphs
from pyg_energyloss.losses.parts.structure import StructureLoss
from pyg_energyloss.potentials import Absolute, Periodic


class ChainLoss(StructureLoss):
    """Score an internal coordinate of bonded chains; a subclass says which.

    Args:
        potential: the name of a potential, or an object of `pyg_energyloss.potentials`.
        reduction: over graphs: "mean", "sum", "none" or "global_mean".

    Raises:
        TypeError: `potential` is neither.
        UnknownNameError: there is no potential of that name.
        ValueError: `reduction` is something else.
    """

    length: ClassVar[int]
    coordinate: ClassVar[Callable[..., Tensor]]

    def __init__(self, potential: Any, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.potential = named_potential(potential)

    def forward(self, pos_pred: Tensor, data: Any) -> Tensor:
        """Return the reduced loss of predicted positions [num_nodes, 3] against ``data.pos``.

        Raises:
            TypeError, ValueError: `data` lacks positions, bonds or graph information.
        """
        info, chains = graph_info(data), self._chains(data)
        check_positions(pos_pred, info.pos)
        dtype = compute_dtype(pos_pred)
        with torch.autocast(pos_pred.device.type, enabled=False):
            pred = present(widen(pos_pred, dtype), info.node_weight)
            target = present(info.pos.detach().to(dtype), info.node_weight)
            measure = type(self).coordinate
            values = self.potential.value(
                measure(*(pred[node] for node in chains)),
                measure(*(target[node] for node in chains)),
            )
            weight = _weight_of(chains, info, dtype)
            graph = None if info.batch is None else info.batch[chains[0]]
            total = graph_sum(values * weight, graph, info.num_graphs)
            count = graph_sum(weight, graph, info.num_graphs)
            mean = saturate(total / torch.where(count > 0, count, 1.0), pos_pred.dtype)
        return reduce_graphs(mean, self.reduction)

    def chain_weight(self, data: Any) -> Tensor:
        """Return the number of chains of each graph [num_graphs], or the sum of their weights.

        Raises:
            TypeError, ValueError: `data` lacks positions, bonds or graph information.
        """
        info, chains = graph_info(data), self._chains(data)
        graph = None if info.batch is None else info.batch[chains[0]]
        weight = _weight_of(chains, info, compute_dtype(info.pos))
        return graph_sum(weight, graph, info.num_graphs)

    def _chains(self, data: Any) -> Tensor:
        bonds = getattr(data, "edge_index", None)
        if bonds is None:
            raise ValueError(f"`data.edge_index` must hold the bonds for {type(self).__name__}")
        return bonded_chains(bonds, len(data.pos), self.length)


def _weight_of(chains: Tensor, info: GraphInfo, dtype: torch.dtype) -> Tensor:
    """The product of the weights of the nodes of each chain [num_chains]."""
    if info.node_weight is None:
        return torch.ones(chains.size(1), dtype=dtype, device=chains.device)
    return info.node_weight.to(dtype)[chains].prod(dim=0)


def _length(first: Tensor, second: Tensor) -> Tensor:
    """In a unit of its own, so that squares of huge coordinates stay in range."""
    bond = second - first
    largest = bond.detach().abs().amax(dim=-1, keepdim=True)
    unit = torch.where(largest > 0, largest, 1.0)
    return safe_norm(bond / unit) * unit[..., 0]


class BondLoss(ChainLoss):
    """Score positions by the mean error of their bond lengths, in Å.

    Args:
        potential: of a length, or its name; None means `potentials.Absolute()`.
        reduction: over graphs: "mean", "sum", "none" or "global_mean".

    >>> from torch_geometric.data import Data
    >>> data = Data(pos=torch.tensor([[0.0], [1.0]]), edge_index=torch.tensor([[0], [1]]))
    >>> BondLoss()(1.5 * data.pos, data)
    tensor(0.5000)
    """

    length = 2
    coordinate = staticmethod(_length)

    def __init__(self, potential: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(Absolute() if potential is None else potential, reduction=reduction)


class AngleLoss(ChainLoss):
    """Score positions by the mean error of the angles between bonds, 1 - cos(Δ).

    Args:
        potential: of an angle in radians, or its name; None means `potentials.Periodic()`.
        reduction: over graphs: "mean", "sum", "none" or "global_mean".

    >>> from torch_geometric.data import Data
    >>> bent = torch.tensor([[1.0, 0, 0], [0, 0, 0], [0, 1, 0]])
    >>> straight = torch.tensor([[1.0, 0, 0], [0, 0, 0], [-1, 0, 0]])
    >>> data = Data(pos=bent, edge_index=torch.tensor([[0, 1], [1, 2]]))
    >>> AngleLoss()(straight, data).round(decimals=4)
    tensor(1.)
    """

    length = 3
    coordinate = staticmethod(bond_angle)

    def __init__(self, potential: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(Periodic() if potential is None else potential, reduction=reduction)


class TorsionLoss(ChainLoss):
    """Score positions by the mean error of the torsions about bonds, 1 - cos(Δ).

    It feels mirror images; torsions about straight chains count as zero.

    Args:
        potential: of an angle in radians, or its name; None means `potentials.Periodic()`.
        reduction: over graphs: "mean", "sum", "none" or "global_mean".

    >>> from torch_geometric.data import Data
    >>> pos = torch.tensor([[0, 1.0, 0], [0, 0, 0], [1.0, 0, 0], [1.0, 0, 1.0]])
    >>> data = Data(pos=pos, edge_index=torch.tensor([[0, 1, 2], [1, 2, 3]]))
    >>> TorsionLoss()(-pos, data)  # 90° became -90°
    tensor(2.)
    """

    length = 4
    coordinate = staticmethod(torsion_angle)

    def __init__(self, potential: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(Periodic() if potential is None else potential, reduction=reduction)
