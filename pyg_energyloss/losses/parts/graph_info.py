"""Read the target and the graph of every node from what a training loop passes as `data`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from pyg_energyloss.functional.graphs import compute_dtype


@dataclass(frozen=True, slots=True)
class GraphInfo:
    """The target positions, the graphs they belong to, and how much each node counts.

    ``node_weight`` [num_nodes] is None where all nodes count alike; a node of weight 0 is not
    there.
    """

    pos: Tensor
    batch: Tensor | None
    num_graphs: int
    ptr: Tensor | None
    node_weight: Tensor | None = None

    @property
    def graphs(self) -> dict[str, Any]:
        """The keywords of the functions in `pyg_energyloss.functional`."""
        return {
            "batch": self.batch,
            "num_graphs": self.num_graphs,
            "node_weight": self.node_weight,
        }


def graph_info(data: Any) -> GraphInfo:
    """Return the positions and graphs of `data`.

    A PyG `Data` that is neither a `Batch` nor has a `batch` vector is one graph, as in PyG. A bare
    tensor, or another object without `batch`, is refused: a batch is never treated as one graph.
    Nodes where ``data.pos_mask`` [num_nodes] is false are not there, the others count by
    ``data.pos_weight`` [num_nodes]; both may be missing.

    Args:
        data: PyG `Batch` or `Data`, or any object with `pos` and `batch` (and `num_graphs`).

    Raises:
        TypeError: `data` is a bare tensor, or mask or weight are tensors of another type.
        ValueError: `data` has no `pos`, nothing says which node belongs to which graph, or mask
            or weight have another shape.

    >>> import torch
    >>> graph_info(Data(pos=torch.zeros(2, 3))).num_graphs
    1
    """
    if isinstance(data, Tensor):
        raise TypeError(
            "`data` must be a PyG Batch or Data with `pos`, got a bare tensor; a tensor does not "
            "say which node belongs to which graph. Pass the batch that the model was given, or "
            "use pyg_energyloss.functional with `batch=`"
        )
    pos = getattr(data, "pos", None)
    if not isinstance(pos, Tensor):
        raise ValueError(  # noqa: TRY004 - the type of data is right, a field is missing
            f"`data` must have the true positions in `data.pos`, got {type(data).__name__} "
            "without them"
        )
    mask, weight = getattr(data, "pos_mask", None), getattr(data, "pos_weight", None)
    if mask is not None or weight is not None:
        weight = _node_weight(mask, weight, pos)
    batch, ptr = getattr(data, "batch", None), getattr(data, "ptr", None)
    count = data.num_graphs if isinstance(data, Batch) else getattr(data, "num_graphs", None)
    if batch is None and ptr is not None:
        batch = _batch_of(ptr, pos)
    if batch is None:
        if count == 1 or (isinstance(data, Data) and not isinstance(data, Batch)):
            return GraphInfo(pos, None, 1, None, weight)
        raise ValueError(
            f"`data` must say which node belongs to which graph, got {type(data).__name__} "
            "without `batch` or `ptr`; pass the PyG batch that the model was given"
        )
    if count is None:
        count = ptr.numel() - 1 if ptr is not None else int(batch.max()) + 1 if len(batch) else 0
    return GraphInfo(pos, batch, int(count), ptr, weight)


def _node_weight(mask: Any, weight: Any, pos: Tensor) -> Tensor | None:
    """Weight of every node, zero where the mask is false; None if there is neither."""
    for name, value in (("pos_mask", mask), ("pos_weight", weight)):
        if isinstance(value, Tensor) and value.shape == pos.shape[:1]:
            if value.is_floating_point() if name == "pos_weight" else value.dtype == torch.bool:
                continue
            kind = "floating point" if name == "pos_weight" else "boolean"
            raise TypeError(f"`data.{name}` must be a {kind} tensor, got {value.dtype}")
        if value is not None:
            got = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise ValueError(
                f"`data.{name}` must have one entry per node ({pos.size(0)}), got {got}"
            )
    if weight is None:
        return None if mask is None else mask.to(compute_dtype(pos))
    weight = weight.to(compute_dtype(pos))
    return weight if mask is None else torch.where(mask, weight, 0.0)


def _batch_of(ptr: Tensor, pos: Tensor) -> Tensor:
    """Graph index of every node from the segment boundaries, without reading their values."""
    nodes = torch.arange(pos.size(0), device=pos.device)
    return torch.searchsorted(ptr[1:].contiguous(), nodes, right=True)
