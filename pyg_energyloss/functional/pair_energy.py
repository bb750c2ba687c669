"""The pair energy over given edges."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.engine import (
    Problem,
    law_function,
    law_of,
    potential_object,
    spring_energy,
    well_of,
)
from pyg_energyloss.functional.engine.checks import check_batch, check_columns, looks
from pyg_energyloss.functional.geometry.distance import safe_norm
from pyg_energyloss.functional.graphs import (
    check_graph_weight,
    check_positions,
    compute_dtype,
    graph_sum,
    is_no_integer,
    resolve_batch,
)
from pyg_energyloss.functional.node_weight import check_node_weight, present
from pyg_energyloss.functional.saturate import saturate, widen


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
    potential: Any = None,
    cutoff: float | None = None,
    node_weight: Tensor | None = None,
) -> Tensor:
    r"""Return the energy of the springs on the columns of `edge_index`, for each graph.

    .. math:: E = \sum_{(i,j)} w_{ij} k(d_{ij})\, \varphi(|\hat y_i - \hat y_j| \mid d_{ij}),
              \quad d_{ij} = |y_i - y_j|

    where φ is half the squared elongation unless another `potential` is given. The sum runs over
    columns: with both directions stored, as PyG does, every spring counts twice, as in the paper.
    Coincident atoms are safe in value, gradient and second derivative.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        edge_index: pairs [2, num_edges], each of two nodes of one graph.
        stiffness: true distance -> k, taken without gradient; None means k = 1.
        edge_weight: factor of each column [num_edges], such as 1/π of sampled pairs.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        cell: lattice vectors as rows [num_graphs, dim, dim] or [dim, dim], in Å.
        edge_shift: cells between the two ends [num_edges, dim]: y_j + edge_shift @ cell - y_i.
        graph_weight: factor of each graph's energy [num_graphs], such as 1 / atoms.
        potential: φ, an object of `pyg_energyloss.potentials` or any other with `value` and
            `slope`; None means harmonic.
        cutoff: pairs that are truly this far apart (in Å), or further, have no spring.
        node_weight: w_i [num_nodes]; a pair weighs w_i w_j, a node of weight 0 is not there.

    Returns:
        [num_graphs], energy in stiffness x Å², twice differentiable in the positions.

    Raises:
        TypeError, ValueError: an argument has a wrong type, shape or device, `edge_shift` lacks
            `cell`, or (on a CPU) an index is out of range or a column joins two graphs.

    >>> pred, target = torch.tensor([[0.0], [3.0]]), torch.tensor([[0.0], [1.0]])
    >>> pair_energy(pred, target, torch.tensor([[0, 1], [1, 0]])).round(decimals=4)
    tensor([4.])

    Source: arXiv 2511.02087, eq 7; potentials other than the harmonic one are ours.
    """
    check_positions(pos_pred, pos_target)
    check_edges(edge_index, edge_weight, edge_shift, cell, pos=pos_pred)
    batch, count = resolve_batch(pos_pred, batch, num_graphs)
    check_graph_weight(graph_weight, count)
    node_weight = check_node_weight(node_weight, pos_pred)
    well, reach = well_of(potential), check_cutoff(cutoff)
    dtype = compute_dtype(pos_pred)
    edge_index = edge_index.long().contiguous()
    if looks(pos_pred) and (node_weight is not None or edge_shift is not None):
        if batch is not None:
            check_batch(batch, count)
        check_columns(edge_index, batch, pos_pred.size(0))
    weight = None if edge_weight is None else edge_weight.to(dtype)
    factor = None if graph_weight is None else graph_weight.to(dtype)
    with torch.autocast(pos_pred.device.type, enabled=False):
        shift = cartesian_shift(edge_shift, cell, edge_index, batch, dtype, num_graphs=count)
        pred, target = widen(pos_pred, dtype), widen(pos_target, dtype)
        if node_weight is not None:
            pred, target = present(pred, node_weight), present(target, node_weight)
            pair_weight = node_weight[edge_index[0]] * node_weight[edge_index[1]]
            weight = pair_weight if weight is None else pair_weight * weight
        others = [tensor for tensor in (target, weight, shift, factor) if tensor is not None]
        if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in others):
            if looks(pos_pred):
                check_columns(edge_index, batch, pos_pred.size(0))
            each = edge_energy(
                pred,
                target,
                edge_index,
                stiffness=stiffness,
                edge_weight=weight,
                shift=shift,
                potential=well,
                cutoff=reach,
            )
            energy = graph_sum(each, None if batch is None else batch[edge_index[0]], count)
            energy = energy if factor is None else energy * factor
        else:
            problem = Problem(
                pred.contiguous(),
                target.contiguous(),
                batch,
                count,
                law_of(stiffness),
                edge_index,
                None if weight is None else weight.contiguous(),
                None if shift is None else shift.contiguous(),
                None if factor is None else factor.contiguous(),
                well,
                reach,
            )
            energy = spring_energy(problem)
            if energy.dtype == pos_pred.dtype:
                return energy  # which is finite where the input is
        return saturate(energy, pos_pred.dtype)


def check_edges(
    edge_index: Tensor,
    edge_weight: Tensor | None,
    edge_shift: Tensor | None,
    cell: Tensor | None,
    *,
    pos: Tensor,
) -> None:
    """Raise unless the edges and what belongs to them have matching types, shapes and devices.

    Raises:
        TypeError: `edge_index` is not an integer tensor, or a weight or shift is complex.
        ValueError: a shape or device is wrong, or `edge_shift` comes without `cell`.

    >>> check_edges(torch.tensor([[0], [1]]), None, None, None, pos=torch.zeros(2, 3))
    """
    if not isinstance(edge_index, Tensor) or is_no_integer(edge_index):
        got = edge_index.dtype if isinstance(edge_index, Tensor) else type(edge_index).__name__
        raise TypeError(f"`edge_index` must be an integer tensor [2, num_edges], got {got}")
    if edge_index.dim() != 2 or edge_index.size(0) != 2:  # noqa: PLR2004 - [2, num_edges]
        raise ValueError(
            f"`edge_index` must have shape [2, num_edges], got {tuple(edge_index.shape)}; "
            "transpose a list of pairs with .t()"
        )
    edges, dim = edge_index.size(1), pos.size(1)
    for name, tensor in (("edge_weight", edge_weight), ("edge_shift", edge_shift), ("cell", cell)):
        _check_real(name, tensor, pos.device)
    _check_real("edge_index", edge_index, pos.device)
    if edge_weight is not None and edge_weight.shape != (edges,):
        raise ValueError(
            f"`edge_weight` must have one entry per column of `edge_index` ({edges}), "
            f"got shape {tuple(edge_weight.shape)}"
        )
    if edge_shift is None:
        return
    if cell is None:
        raise ValueError("`edge_shift` needs `cell`; pass the lattice vectors of each graph")
    if edge_shift.shape != (edges, dim):
        raise ValueError(
            f"`edge_shift` must have shape [num_edges, dim] = ({edges}, {dim}), "
            f"got {tuple(edge_shift.shape)}"
        )
    if cell.dim() not in {2, 3} or cell.shape[-2:] != (dim, dim):
        raise ValueError(
            f"`cell` must have shape [num_graphs, {dim}, {dim}] or [{dim}, {dim}], "
            f"got {tuple(cell.shape)}"
        )


def _check_real(name: str, tensor: Tensor | None, device: torch.device) -> None:
    if tensor is None:
        return
    if not isinstance(tensor, Tensor) or tensor.is_complex():
        got = tensor.dtype if isinstance(tensor, Tensor) else type(tensor).__name__
        raise TypeError(f"`{name}` must be a tensor of real numbers, got {got}")
    if tensor.device != device:
        raise ValueError(
            f"`{name}` must be on the device of the positions {device}, got {tensor.device}"
        )


def check_cutoff(cutoff: float | None) -> float | None:
    """Return a cutoff as a float, None for infinity.

    Raises:
        TypeError: it is not a number.
        ValueError: it is not positive.

    >>> check_cutoff(15)
    15.0
    """
    if cutoff is None:
        return None
    if isinstance(cutoff, bool) or not isinstance(cutoff, (int, float)):
        raise TypeError(f"`cutoff` must be a length or None, got {cutoff!r}")
    if not cutoff > 0:
        raise ValueError(f"`cutoff` must be positive, or None for all pairs; got {cutoff!r}")
    return None if math.isinf(cutoff) else float(cutoff)


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
