"""The field of a categorical target as an energy for `FreeEnergyLoss`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import graph_sum
from pyg_energyloss.functional.spins.discrete_energy import categorical_field, discrete_energy
from pyg_energyloss.losses.spins.spin_info import spin_info


class TargetField(torch.nn.Module):
    """Energy of states in the field of the target: the local field beyond two states.

    Formula: `pyg_energyloss.functional.categorical_field`; the target ``data.y`` counts from 0.

    Args:
        table: M of the pair energy ``-J M[a, b]``, [num_states, num_states].
        h0: extra field along the target, in units of J.

    Example:
        >>> from torch_geometric.data import Data
        >>> data = Data(edge_index=torch.tensor([[0], [1]]), edge_attr=torch.ones(1))
        >>> data.y = torch.tensor([2, 2])
        >>> TargetField(torch.eye(3))(torch.eye(3)[[2, 2]], data)
        tensor([-2.])

    Source: Kaba et al., arXiv 2511.02087, equation 16, for any number of states.
    """

    table: Tensor

    def __init__(self, table: Tensor, *, h0: float = 0.0) -> None:
        super().__init__()
        self.register_buffer("table", table)
        self.h0 = h0

    def forward(self, states: Tensor, data: Any) -> Tensor:
        """Return the energy of each graph [num_graphs]; linear in ``states``."""
        info = spin_info(data)
        field = categorical_field(
            info.edge_index, info.coupling, info.required_target(), self.table, h0=self.h0
        )
        return graph_sum(-(states * field.to(states.dtype)).sum(-1), info.batch, info.num_graphs)


class PairTable(torch.nn.Module):
    """The Hamiltonian ``-sum J M[s_i, s_j]`` itself as an energy; needs no target.

    Formula: `pyg_energyloss.functional.discrete_energy`.

    Args:
        table: M, [num_states, num_states].

    Example:
        >>> from torch_geometric.data import Data
        >>> data = Data(edge_index=torch.tensor([[0], [1]]), edge_attr=torch.ones(1), num_nodes=2)
        >>> PairTable(torch.eye(3))(torch.eye(3)[[2, 2]], data)
        tensor([-1.])
    """

    table: Tensor

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.register_buffer("table", table)

    def forward(self, states: Tensor, data: Any) -> Tensor:
        """Return the energy of each graph [num_graphs]."""
        info = spin_info(data)
        return discrete_energy(
            info.edge_index,
            info.coupling,
            states,
            self.table,
            batch=info.batch,
            num_graphs=info.num_graphs,
        )
