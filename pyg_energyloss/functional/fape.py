"""The frame-aligned point error of AlphaFold 2."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from pyg_energyloss.functional.geometry.frames import frame_axes, is_frame
from pyg_energyloss.functional.graphs import (
    INTEGERS,
    check_positions,
    compute_dtype,
    graph_sum,
    resolve_batch,
)
from pyg_energyloss.functional.node_weight import check_node_weight, present
from pyg_energyloss.functional.saturate import bounded, saturate, widen

#: Pairs of a frame and an atom that are held at a time.
CHUNK = 1 << 19
#: Errors beyond this many Å count as this.
_FAR = 1e15


def fape(
    pos_pred: Tensor,
    pos_target: Tensor,
    frame_index: Tensor,
    *,
    clamp: float | None = 10.0,
    scale: float = 10.0,
    epsilon: float = 1e-4,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    node_weight: Tensor | None = None,
) -> Tensor:
    r"""Return the mean error of all atoms seen from all frames of their graph.

    .. math:: \frac{1}{Z} \operatorname{mean}_{f, j} \min\Big(c,
              \sqrt{|\hat T_f^{-1} \hat y_j - T_f^{-1} y_j|^2 + \epsilon}\Big)

    A frame T moves with three atoms, so this is blind to rotation and translation and tells mirror
    images apart. It is √ε / Z at the target. Errors beyond the clamp have no gradient.

    Args:
        pos_pred: predicted positions [num_nodes, 3], in Å.
        pos_target: true positions [num_nodes, 3], in Å.
        frame_index: atoms of each frame [3, num_frames]: first, origin, last, such as N, CA, C of
            a residue. Frames whose true atoms are on a line do not count.
        clamp: c, in Å; None for no clamp.
        scale: Z, in Å.
        epsilon: ε, in Å².
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        node_weight: weight of every node [num_nodes]; a frame counts by the product of its three.

    Returns:
        [num_graphs], without unit, differentiable in `pos_pred`; 0 for graphs without frames.

    Raises:
        TypeError, ValueError: an argument has a wrong type or shape, or a number is not positive.

    >>> frame, true, far = [[0.0, 2, 0], [0, 0, 0], [3, 0, 0]], [0.0, 0, 5], [0.0, 0, -1]
    >>> index = torch.tensor([[0], [1], [2]])
    >>> fape(torch.tensor([*frame, far]), torch.tensor([*frame, true]), index).round(decimals=3)
    tensor([0.1510])

    Source: Jumper et al., Nature 596, 583 (2021), supplementary algorithm 28.
    """
    check_positions(pos_pred, pos_target)
    _check(pos_pred, frame_index, clamp, scale, epsilon)
    batch, count = resolve_batch(pos_pred, batch, num_graphs)
    dtype = compute_dtype(pos_pred)
    with torch.autocast(pos_pred.device.type, enabled=False):
        weight = check_node_weight(node_weight, pos_pred)
        pred = present(widen(pos_pred, dtype), weight)
        target = present(pos_target.detach().to(dtype), weight)
        true_axes = frame_axes(*(target[node] for node in frame_index))
        axes = frame_axes(*(pred[node] for node in frame_index))
        atoms = torch.ones_like(pred[:, 0]) if weight is None else weight
        frames = is_frame(true_axes) * atoms[frame_index].prod(dim=0)
        origin = frame_index[1]
        graph = None if batch is None else batch[origin]

        def total_of(frame: Tensor, node: Tensor, turn: Tensor, pred: Tensor) -> Tensor:
            seen = (turn[frame] * (pred[node] - pred[origin[frame]])[:, None, :]).sum(dim=-1)
            truly = target[node] - target[origin[frame]]
            error = seen - (true_axes[frame] * truly[:, None, :]).sum(dim=-1)
            distance = (bounded(error, _FAR).square().sum(dim=-1) + epsilon).sqrt()
            if clamp is not None:
                distance = distance.clamp(max=clamp)
            value = distance * frames[frame] * atoms[node]
            return graph_sum(value, None if graph is None else graph[frame], count)

        total = pred.new_zeros(count)
        chunks = _pairs(origin, batch, count, len(pred))
        for frame, node in chunks:
            if len(chunks) == 1 or not pred.requires_grad:
                total = total + total_of(frame, node, axes, pred)
            else:
                part: Any = checkpoint(total_of, frame, node, axes, pred, use_reentrant=False)
                total = total + part
        pairs = graph_sum(frames, graph, count) * graph_sum(atoms, batch, count)
        return saturate(total / (scale * torch.where(pairs > 0, pairs, 1.0)), pos_pred.dtype)


def _pairs(
    origin: Tensor, batch: Tensor | None, count: int, num_nodes: int
) -> list[tuple[Tensor, Tensor]]:
    """Each frame with each atom of its graph, in chunks that no frame is divided by."""
    num_frames, device = len(origin), origin.device
    if batch is None:
        size = max(CHUNK // max(num_nodes, 1), 1)
        starts = range(0, num_frames, size)
        chunks = [torch.arange(at, min(at + size, num_frames), device=device) for at in starts]
        nodes = torch.arange(num_nodes, device=device)
        return [(part.repeat_interleave(num_nodes), nodes.repeat(len(part))) for part in chunks]
    graph = batch[origin]
    order = torch.argsort(batch, stable=True)
    nodes = torch.bincount(batch, minlength=count)
    first = nodes.cumsum(0) - nodes
    repeats = nodes[graph]
    chunk = (repeats.cumsum(0) - repeats) // CHUNK
    found = []
    for number in chunk.unique_consecutive().tolist():
        part = (chunk == number).nonzero()[:, 0]
        times = repeats[part]
        rank = torch.arange(int(times.sum()), device=batch.device)
        rank = rank - (times.cumsum(0) - times).repeat_interleave(times)
        frame = part.repeat_interleave(times)
        found.append((frame, order[first[graph[frame]] + rank]))
    return found


def _check(
    pos: Tensor, frame_index: Tensor, clamp: float | None, scale: float, epsilon: float
) -> None:
    if pos.size(1) != 3:  # noqa: PLR2004 - space
        raise ValueError(f"`pos_pred` must have shape [num_nodes, 3], got {tuple(pos.shape)}")
    if not isinstance(frame_index, Tensor) or frame_index.dtype not in INTEGERS:
        got = frame_index.dtype if isinstance(frame_index, Tensor) else type(frame_index).__name__
        raise TypeError(f"`frame_index` must be an integer tensor [3, num_frames], got {got}")
    if frame_index.dim() != 2 or frame_index.size(0) != 3:  # noqa: PLR2004 - three atoms
        raise ValueError(
            f"`frame_index` must have shape [3, num_frames], got {tuple(frame_index.shape)}; "
            "bonded_frames(edge_index, num_nodes) makes one"
        )
    for name, value in (("clamp", clamp), ("scale", scale), ("epsilon", epsilon)):
        if value is not None and not value > 0:
            raise ValueError(f"`{name}` must be positive, got {value}")
