"""The pair energy over given edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.distance import safe_norm
from pyg_energyloss.functional.engine import Problem, law_function, law_of, spring_energy
from pyg_energyloss.functional.graphs import (
    check_graph_weight,
    check_positions,
    compute_dtype,
    graph_sum,
    resolve_batch,
)
from pyg_energyloss.functional.saturate import saturate, widen


def edge_energy(
    pos_pred: Tensor,
    pos_target: Tensor,
    edge_index: Tensor,
    *,
    stiffness: Any = None,
    edge_weight: Tensor | None = None,
    shift: Tensor | None = None,
) -> Tensor:
    """Return the energy of every spring [num_edges] in plain torch."""
    source, target = edge_index[0], edge_index[1]
    bond_pred = pos_pred[target] - pos_pred[source]
    bond_target = pos_target[target] - pos_target[source]
    if shift is not None:
        bond_pred, bond_target = bond_pred + shift, bond_target + shift
    d_pred, d_target = safe_norm(bond_pred), safe_norm(bond_target)
    energy = 0.5 * (d_target - d_pred).square()
    if stiffness is not None:
        k = law_function(stiffness)(d_target.detach(), source, target).detach()
        energy = energy * torch.where((source == target) & (d_target == 0), 0.0, k)
    return energy if edge_weight is None else energy * edge_weight


def pair_energy(
    pos_pred: Tensor,
    pos_target: Tensor,
    edge_index: Tensor,
    *,
    stiffness: Callable[[Tensor], Tensor] | None = None,
    edge_weight: Tensor | None = None,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    cell: Tensor | None = None,
    edge_shift: Tensor | None = None,
    graph_weight: Tensor | None = None,
) -> Tensor:
    r"""Return the energy of the springs on the columns of `edge_index`, for each graph.

    .. math:: E = \sum_{(i,j)} \tfrac12 w_{ij} k(d_{ij}) (d_{ij} - |\hat y_i - \hat y_j|)^2, \quad
              d_{ij} = |y_i - y_j|

    The sum runs over columns: with both directions stored, as PyG does, every spring counts
    twice, as in the paper. Coincident atoms are safe in value, gradient and second derivative.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        edge_index: pairs [2, num_edges].
        stiffness: true distance -> k, taken without gradient; None means k = 1.
        edge_weight: factor of each column [num_edges], such as 1/π of sampled pairs.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        cell: lattice vectors as rows [num_graphs, dim, dim] or [dim, dim], in Å.
        edge_shift: cells between the two ends [num_edges, dim]: y_j + edge_shift @ cell - y_i.
        graph_weight: factor of each graph's energy [num_graphs], such as 1 / atoms.

    Returns:
        [num_graphs], energy in stiffness x Å², twice differentiable in the positions.

    Raises:
        TypeError, ValueError: an argument has a wrong type or shape, or `edge_shift` lacks `cell`.

    >>> pred, target = torch.tensor([[0.0], [3.0]]), torch.tensor([[0.0], [1.0]])
    >>> pair_energy(pred, target, torch.tensor([[0, 1], [1, 0]])).round(decimals=4)
    tensor([4.])

    Source: arXiv 2511.02087, eq 7.
    """
    check_positions(pos_pred, pos_target)
    check_edges(edge_index, edge_weight, edge_shift, cell)
    batch, count = resolve_batch(pos_pred, batch, num_graphs)
    check_graph_weight(graph_weight, count)
    dtype = compute_dtype(pos_pred)
    weight = None if edge_weight is None else edge_weight.to(dtype)
    factor = None if graph_weight is None else graph_weight.to(dtype)
    with torch.autocast(pos_pred.device.type, enabled=False):
        shift = cartesian_shift(edge_shift, cell, edge_index, batch, dtype)
        pred, target = widen(pos_pred, dtype), widen(pos_target, dtype)
        others = [tensor for tensor in (target, weight, shift, factor) if tensor is not None]
        if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in others):
            energy = graph_sum(
                edge_energy(
                    pred, target, edge_index, stiffness=stiffness, edge_weight=weight, shift=shift
                ),
                None if batch is None else batch[edge_index[0]],
                count,
            )
            energy = energy if factor is None else energy * factor
        else:
            problem = Problem(
                pred.contiguous(),
                target.contiguous(),
                batch,
                count,
                law_of(stiffness),
                edge_index.long().contiguous(),
                None if weight is None else weight.contiguous(),
                None if shift is None else shift.contiguous(),
                None if factor is None else factor.contiguous(),
            )
            energy = spring_energy(problem)
        return saturate(energy, pos_pred.dtype)


def check_edges(
    edge_index: Tensor,
    edge_weight: Tensor | None,
    edge_shift: Tensor | None,
    cell: Tensor | None,
) -> None:
    """Raise unless the edges and what belongs to them have matching shapes.

    Raises:
        TypeError: `edge_index` is not an integer tensor.
        ValueError: a shape is wrong, or `edge_shift` comes without `cell`.

    >>> check_edges(torch.tensor([[0], [1]]), None, None, None)
    """
    if not isinstance(edge_index, Tensor) or edge_index.is_floating_point():
        got = edge_index.dtype if isinstance(edge_index, Tensor) else type(edge_index).__name__
        raise TypeError(f"`edge_index` must be an integer tensor [2, num_edges], got {got}")
    if edge_index.dim() != 2 or edge_index.size(0) != 2:  # noqa: PLR2004 - [2, num_edges]
        raise ValueError(
            f"`edge_index` must have shape [2, num_edges], got {tuple(edge_index.shape)}; "
            "transpose a list of pairs with .t()"
        )
    edges = edge_index.size(1)
    if edge_weight is not None and edge_weight.shape != (edges,):
        raise ValueError(
            f"`edge_weight` must have one entry per column of `edge_index` ({edges}), "
            f"got shape {tuple(edge_weight.shape)}"
        )
    if edge_shift is None:
        return
    if cell is None:
        raise ValueError("`edge_shift` needs `cell`; pass the lattice vectors of each graph")
    if edge_shift.shape != (edges, cell.size(-1)):
        raise ValueError(
            f"`edge_shift` must have shape [num_edges, dim] = ({edges}, {cell.size(-1)}), "
            f"got {tuple(edge_shift.shape)}"
        )


def cartesian_shift(
    edge_shift: Tensor | None,
    cell: Tensor | None,
    edge_index: Tensor,
    batch: Tensor | None,
    dtype: torch.dtype,
) -> Tensor | None:
    """Return edge_shift @ cell of each edge [num_edges, dim], or None without shifts."""
    if edge_shift is None or cell is None:
        return None
    lattice = cell.to(dtype).reshape(-1, cell.size(-2), cell.size(-1))
    if batch is None or lattice.size(0) == 1:
        lattice = lattice[:1].expand(edge_shift.size(0), -1, -1)
    else:
        lattice = lattice[batch[edge_index[0]]]
    return (edge_shift.to(dtype)[:, :, None] * lattice).sum(dim=1)
