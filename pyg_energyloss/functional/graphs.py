"""Which node belongs to which graph: checks and per-graph sums shared by the formulas."""

from __future__ import annotations

import torch
from torch import Tensor

#: A batch may have this many graphs without nodes; more is a mistake, such as a hash for an index.
MOST_EMPTY = 10_000_000

#: The types of an index.
INTEGERS = frozenset({torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8})


def check_positions(pos_pred: Tensor, pos_target: Tensor) -> None:
    """Raise unless both are floating `[num_nodes, dim]` tensors of one shape on one device.

    Raises:
        TypeError: one of them is not a floating point tensor.
        ValueError: shapes or devices differ, or a tensor is not two-dimensional.

    >>> check_positions(torch.zeros(4, 3), torch.zeros(4, 3))
    """
    for name, pos in (("pos_pred", pos_pred), ("pos_target", pos_target)):
        if not isinstance(pos, Tensor) or not pos.is_floating_point():
            got = pos.dtype if isinstance(pos, Tensor) else type(pos).__name__
            raise TypeError(
                f"`{name}` must be a floating point tensor [num_nodes, dim], got {got}; "
                "convert it with torch.as_tensor(...).float()"
            )
        if pos.dim() != 2:  # noqa: PLR2004 - [num_nodes, dim]
            raise ValueError(
                f"`{name}` must have shape [num_nodes, dim], got {tuple(pos.shape)}; "
                "flatten padded batches with pyg_energyloss.functional.from_padded"
            )
    if pos_pred.shape != pos_target.shape:
        raise ValueError(
            f"`pos_pred` must have the shape of `pos_target` {tuple(pos_target.shape)}, "
            f"got {tuple(pos_pred.shape)}"
        )
    if pos_pred.device != pos_target.device:
        raise ValueError(
            f"`pos_pred` and `pos_target` must be on one device, "
            f"got {pos_pred.device} and {pos_target.device}"
        )


def resolve_batch(
    pos: Tensor,
    batch: Tensor | None,
    num_graphs: int | None,
    graph_weight: Tensor | None = None,
) -> tuple[Tensor | None, int]:
    """Return the graph of every node and the number of graphs.

    Without `batch` all nodes are one graph. The number of graphs is read from `batch` only when
    it is not given, which waits for a GPU: pass it there.

    Args:
        pos: positions [num_nodes, dim].
        batch: graph of every node [num_nodes], integer, or None.
        num_graphs: number of graphs, or None.
        graph_weight: factor of each graph [num_graphs], or None.

    Returns:
        `batch` (None for a single graph) and `num_graphs`.

    Raises:
        TypeError: `batch` is not an integer tensor, or `num_graphs` not an integer.
        ValueError: `batch` has not num_nodes entries on the device of `pos`, `num_graphs` says
            that there are several graphs and there is no `batch`, or it is negative or absurd, or
            `graph_weight` has another number of entries.

    >>> resolve_batch(torch.zeros(3, 3), torch.tensor([0, 0, 2]), None)[1]
    3
    """
    if num_graphs is not None and not isinstance(num_graphs, (int, torch.SymInt)):
        raise TypeError(f"`num_graphs` must be an integer or None, got {num_graphs!r}")
    if batch is None:
        if num_graphs not in (None, 1):
            raise ValueError(
                f"`batch` is missing although `num_graphs` is {num_graphs}; pass the graph index "
                "of every node (data.batch), several graphs are never treated as one"
            )
        num_graphs = 1
    elif not isinstance(batch, Tensor) or batch.dtype not in INTEGERS:
        got = batch.dtype if isinstance(batch, Tensor) else type(batch).__name__
        raise TypeError(f"`batch` must be an integer tensor [num_nodes], got {got}")
    elif batch.dim() != 1 or batch.size(0) != pos.size(0):
        raise ValueError(
            f"`batch` must be an integer vector with one entry per node ({pos.size(0)}), "
            f"got shape {tuple(batch.shape)}"
        )
    elif batch.device != pos.device:
        raise ValueError(f"`batch` must be on the device of `pos` {pos.device}, got {batch.device}")
    else:
        batch = batch.long().contiguous()
        if num_graphs is None:
            num_graphs = int(batch.max()) + 1 if batch.numel() else 0
    if num_graphs < 0 or num_graphs > MOST_EMPTY + pos.size(0):
        raise ValueError(
            f"`num_graphs` must be between 0 and num_nodes + {MOST_EMPTY}, got {num_graphs}; it is "
            "the largest entry of `batch` plus one where it is not given"
        )
    if graph_weight is not None and tuple(graph_weight.shape) != (num_graphs,):
        raise ValueError(
            f"`graph_weight` must have one entry per graph ({num_graphs}), "
            f"got shape {tuple(graph_weight.shape)}"
        )
    return batch, num_graphs


def check_edges(  # noqa: C901 - a check a line
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
    if not isinstance(edge_index, Tensor) or edge_index.dtype not in INTEGERS:
        got = edge_index.dtype if isinstance(edge_index, Tensor) else type(edge_index).__name__
        raise TypeError(f"`edge_index` must be an integer tensor [2, num_edges], got {got}")
    if edge_index.dim() != 2 or edge_index.size(0) != 2:  # noqa: PLR2004 - [2, num_edges]
        raise ValueError(
            f"`edge_index` must have shape [2, num_edges], got {tuple(edge_index.shape)}; "
            "transpose a list of pairs with .t()"
        )
    edges, dim = edge_index.size(1), pos.size(1)
    named = {"edge_weight": edge_weight, "edge_shift": edge_shift, "cell": cell}
    for name, tensor in {"edge_index": edge_index, **named}.items():
        if tensor is None:
            continue
        if not isinstance(tensor, Tensor) or tensor.is_complex():
            got = tensor.dtype if isinstance(tensor, Tensor) else type(tensor).__name__
            raise TypeError(f"`{name}` must be a tensor of real numbers, got {got}")
        if tensor.device != pos.device:
            raise ValueError(
                f"`{name}` must be on the device of the positions {pos.device}, got {tensor.device}"
            )
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


def graph_sum(value: Tensor, batch: Tensor | None, num_graphs: int) -> Tensor:
    """Sum a per-node (or per-edge) value [n, ...] over each graph.

    >>> graph_sum(torch.ones(3), torch.tensor([0, 0, 2]), 3)
    tensor([2., 0., 1.])
    """
    if batch is None:
        return value.sum(dim=0, keepdim=True)
    out = value.new_zeros((num_graphs, *value.shape[1:]))
    return out.index_add(0, batch, value)


def graph_counts(pos: Tensor, batch: Tensor | None, num_graphs: int) -> Tensor:
    """Number of nodes of each graph as a float [num_graphs] of at least float32.

    >>> graph_counts(torch.zeros(3, 3), torch.tensor([0, 0, 2]), 3)
    tensor([2., 0., 1.])
    """
    dtype = compute_dtype(pos)
    if batch is None:
        return torch.full((1,), float(pos.size(0)), dtype=dtype, device=pos.device)
    return graph_sum(torch.ones(batch.shape, dtype=dtype, device=pos.device), batch, num_graphs)


def compute_dtype(pos: Tensor) -> torch.dtype:
    """The precision in which energies are computed: float64 if `pos` is, else float32.

    >>> compute_dtype(torch.zeros(1, 3, dtype=torch.bfloat16))
    torch.float32
    """
    return torch.float64 if pos.dtype == torch.float64 else torch.float32
