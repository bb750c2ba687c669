"""Read the target and the graph of every node from what a training loop passes as `data`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data


@dataclass(frozen=True, slots=True)
class GraphInfo:
    """The target positions and the graphs they belong to."""

    pos: Tensor
    batch: Tensor | None
    num_graphs: int
    ptr: Tensor | None


def graph_info(data: Any) -> GraphInfo:
    """Return the positions and graphs of `data`.

    A PyG `Data` that is neither a `Batch` nor has a `batch` vector is one graph, as in PyG. A bare
    tensor, or another object without `batch`, is refused: a batch is never treated as one graph.

    Args:
        data: PyG `Batch` or `Data`, or any object with `pos` and `batch` (and `num_graphs`).

    Raises:
        TypeError: `data` is a bare tensor.
        ValueError: `data` has no `pos`, or nothing says which node belongs to which graph.

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
    batch, ptr = getattr(data, "batch", None), getattr(data, "ptr", None)
    count = data.num_graphs if isinstance(data, Batch) else getattr(data, "num_graphs", None)
    if batch is None and ptr is not None:
        batch = _batch_of(ptr, pos)
    if batch is None:
        if count == 1 or (isinstance(data, Data) and not isinstance(data, Batch)):
            return GraphInfo(pos, None, 1, None)
        raise ValueError(
            f"`data` must say which node belongs to which graph, got {type(data).__name__} "
            "without `batch` or `ptr`; pass the PyG batch that the model was given"
        )
    if count is None:
        count = ptr.numel() - 1 if ptr is not None else int(batch.max()) + 1 if len(batch) else 0
    return GraphInfo(pos, batch, int(count), ptr)


def _batch_of(ptr: Tensor, pos: Tensor) -> Tensor:
    """Graph index of every node from the segment boundaries, without reading their values."""
    nodes = torch.arange(pos.size(0), device=pos.device)
    return torch.searchsorted(ptr[1:].contiguous(), nodes, right=True)
