"""The energy of each spring of given edges, in plain torch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.engine import law_function, potential_object, well_of
from pyg_energyloss.functional.geometry.distance import safe_norm


def edge_energy(
    pos_pred: Tensor,
    pos_target: Tensor,
    edge_index: Tensor,
    *,
    stiffness: Any = None,
    edge_weight: Tensor | None = None,
    shift: Tensor | None = None,
    potential: Any = None,
    cutoff: float | None = None,
    node_weight: Tensor | None = None,
) -> Tensor:
    """Return the energy of every spring [num_edges] in plain torch."""
    source, target = edge_index[0], edge_index[1]
    bond_pred = pos_pred[target] - pos_pred[source]
    bond_target = pos_target[target] - pos_target[source]
    if shift is not None:
        bond_pred, bond_target = bond_pred + shift, bond_target + shift
    d_pred, d_target = safe_norm(bond_pred), safe_norm(bond_target)
    energy: Tensor = potential_object(well_of(potential)).value(d_pred, d_target)
    k = torch.ones_like(d_target)
    if stiffness is not None:
        k = law_function(stiffness)(d_target.detach(), source, target).detach()
    if cutoff is not None:
        k = torch.where(d_target < cutoff, k, 0.0)
    energy = energy * torch.where((source == target) & (d_target == 0), 0.0, k)
    if node_weight is not None:
        energy = energy * (node_weight[source] * node_weight[target])
    return energy if edge_weight is None else energy * edge_weight


def cartesian_shift(
    edge_shift: Tensor | None,
    cell: Tensor | None,
    edge_index: Tensor,
    batch: Tensor | None,
    dtype: torch.dtype,
    *,
    num_graphs: int,
) -> Tensor | None:
    """Return edge_shift @ cell of each edge [num_edges, dim], or None without shifts.

    Raises:
        ValueError: `cell` is neither one lattice nor one for each graph.
    """
    if edge_shift is None or cell is None:
        return None
    lattice = cell.to(dtype).reshape(-1, cell.size(-2), cell.size(-1))
    if lattice.size(0) not in {1, num_graphs}:
        raise ValueError(
            f"`cell` must be one lattice or one for each of {num_graphs} graphs, "
            f"got {lattice.size(0)}"
        )
    if batch is None or lattice.size(0) == 1:
        lattice = lattice[:1].expand(edge_shift.size(0), -1, -1)
    else:
        lattice = lattice[batch[edge_index[0]]]
    return (edge_shift.to(dtype)[:, :, None] * lattice).sum(dim=1)
