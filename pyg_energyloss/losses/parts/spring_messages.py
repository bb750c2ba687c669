"""The energy of each spring and of each atom, as messages of PyG."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch_geometric.nn import MessagePassing

from pyg_energyloss.functional import edge_energy, unwrap
from pyg_energyloss.functional.edge_energy import cartesian_shift
from pyg_energyloss.functional.engine import law_function, potential_object
from pyg_energyloss.functional.geometry.distance import safe_norm
from pyg_energyloss.functional.graphs import compute_dtype
from pyg_energyloss.losses.parts.graph_info import GraphInfo, graph_info
from pyg_energyloss.losses.parts.springs import Pairs, all_pairs, springs_of


class SpringMessages(MessagePassing):
    """Say where the energy of a structure sits; a subclass says what its springs are.

    That is `_well`, `cutoff`, `_law_for(data)` and `_pairs(data)`.
    """

    cutoff: float | None
    _well: Any

    def __init__(self) -> None:
        super().__init__(aggr="sum")

    def edge_energies(self, pos_pred: Tensor, data: Any) -> tuple[Tensor, Tensor]:
        """Return the pairs [2, num_edges] and the energy of each [num_edges], not normalised.

        For analysis: over complete graphs all pairs are listed.
        """
        info = graph_info(data)
        pos_pred, edge_index, weight, shift = self._listed(pos_pred, data, info)
        dtype = compute_dtype(pos_pred)
        return edge_index, edge_energy(
            pos_pred.to(dtype),
            info.pos.to(dtype),
            edge_index,
            stiffness=self._law_for(data),
            edge_weight=weight,
            shift=shift,
            potential=self._well,
            cutoff=self.cutoff,
            node_weight=info.node_weight,
        )

    def atom_energies(self, pos_pred: Tensor, data: Any) -> Tensor:
        """Return the energy of the springs that end at each atom [num_nodes], not normalised.

        The messages of `edge_energies`, aggregated; their sum is the energy of the graph.
        """
        info = graph_info(data)
        pos_pred, edge_index, weight, shift = self._listed(pos_pred, data, info)
        dtype = compute_dtype(pos_pred)
        rest = info.pos.to(dtype)
        bond = rest[edge_index[1]] - rest[edge_index[0]]
        length = safe_norm(bond if shift is None else bond + shift)
        k = law_function(self._law_for(data))(length, edge_index[0], edge_index[1])
        if self.cutoff is not None:
            k = torch.where(length < self.cutoff, k, 0.0)
        if info.node_weight is not None:
            k = k * (info.node_weight[edge_index[0]] * info.node_weight[edge_index[1]])
        energies: Tensor = self.propagate(  # type: ignore[operator] # written at run time
            edge_index,
            pos_pred=pos_pred.to(dtype),
            edge_shift=shift if shift is not None else torch.zeros_like(bond),
            rest_length=length,
            edge_stiffness=k if weight is None else k * weight,
            size=(info.pos.size(0), info.pos.size(0)),
        )
        return energies[:, 0]

    def message(
        self,
        pos_pred_i: Tensor,
        pos_pred_j: Tensor,
        edge_shift: Tensor,
        rest_length: Tensor,
        edge_stiffness: Tensor,
    ) -> Tensor:
        """Return the energy of each spring [num_edges, 1]."""
        length = safe_norm(pos_pred_i - pos_pred_j + edge_shift)
        energy: Tensor = edge_stiffness * potential_object(self._well).value(length, rest_length)
        return energy[:, None]

    def _law_for(self, data: Any) -> Any:
        raise NotImplementedError

    def _pairs(self, data: Any) -> Pairs:
        raise NotImplementedError

    def _listed(
        self, pos_pred: Tensor, data: Any, info: GraphInfo
    ) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        springs = springs_of(self._pairs(data), data, info, self.cutoff)
        edge_index = springs.edge_index if springs.edge_index is not None else all_pairs(info)
        dtype = compute_dtype(info.pos)
        shift = cartesian_shift(
            springs.edge_shift,
            springs.cell,
            edge_index,
            info.batch,
            dtype,
            num_graphs=info.num_graphs,
        )
        if springs.cell is not None:
            pos_pred = unwrap(pos_pred, info.pos, springs.cell, batch=info.batch, pbc=springs.pbc)
        return pos_pred, edge_index, springs.edge_weight, shift
