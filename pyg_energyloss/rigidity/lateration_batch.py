"""Tight lateration of all structures of a batch at once, on their device."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.rigidity.frame import TOLERANCE
from pyg_energyloss.rigidity.lateration import MIN_SINE


def laterate_batch(
    pos: Tensor,
    batch: Tensor,
    counts: Tensor,
    *,
    near: int = 0,
    num_candidates: int = 8,
    tolerance: float = TOLERANCE,
) -> Tensor:
    """Join every atom to its anchors and nearest neighbours; see `laterate` for the construction.

    Work and memory grow with num_graphs times the square of the largest structure.

    Args:
        pos: positions [num_nodes, dim].
        batch: structure of each node [num_nodes], sorted.
        counts: atoms per structure [num_graphs].
        near: nearest neighbours to join each atom to.
        num_candidates: nearest earlier atoms that are looked at, besides the hubs.
        tolerance: heights below this share of a structure's extent count as zero.

    Returns:
        Pairs of nodes [2, num_pairs]; a pair may be repeated.

    Example:
        >>> pos = torch.tensor([[0.0], [1.0], [3.0], [0.0], [2.0]])
        >>> laterate_batch(pos, torch.tensor([0, 0, 0, 1, 1]), torch.tensor([3, 2])).shape[0]
        2
    """
    num_nodes, dim = pos.shape
    hubs, valid = frame_batch(pos, batch, counts, tolerance=tolerance)
    starts = counts.cumsum(0) - counts
    # Hubs rank first, in their order; the others keep theirs.
    rank = torch.arange(num_nodes, device=pos.device)
    rank[hubs[valid]] = torch.arange(-dim - 1, 0, device=pos.device).expand_as(hubs)[valid]
    slot = torch.arange(int(counts.max()), device=pos.device)
    node = starts[:, None] + slot
    here = slot < counts[:, None]
    node = torch.where(here, node, starts[:, None])
    padded = pos[node]
    table = torch.cdist(padded, padded, compute_mode="donot_use_mm_for_euclid_dist")
    table.masked_fill_(~here[:, None, :], torch.inf)
    table.diagonal(dim1=1, dim2=2).fill_(torch.inf)
    table = table[here]  # one row per node, in the order of the nodes
    members = node[batch]
    found = [_nearest(table, members, near)] if near else []
    later = rank[members] >= rank[:, None]
    table.masked_fill_(later, torch.inf)
    is_hub = torch.zeros(num_nodes, dtype=torch.bool, device=pos.device)
    is_hub[hubs[valid]] = True
    free = torch.nonzero(~is_hub)[:, 0]
    value, place = table[free].topk(min(num_candidates, table.shape[1]), largest=False)
    early = torch.gather(members[free], 1, place)
    early = torch.where(torch.isfinite(value), early, early[:, :1])
    anchors, used = choose_anchors_batch(
        pos, torch.cat([early, hubs[batch[free]]], dim=1), valid[batch[free]]
    )
    found.append(torch.stack([free[:, None].expand_as(anchors)[used], anchors[used]]))
    row, column = torch.triu_indices(dim + 1, dim + 1, 1, device=pos.device)
    both = valid[:, row] & valid[:, column]
    found.append(torch.stack([hubs[:, row][both], hubs[:, column][both]]))
    return torch.cat(found, dim=1)


def frame_batch(
    pos: Tensor, batch: Tensor, counts: Tensor, *, tolerance: float = TOLERANCE
) -> tuple[Tensor, Tensor]:
    """Hubs of every structure [num_graphs, dim + 1] and which of them exist; see `affine_frame`."""
    dim = pos.shape[1]
    mean = pos.new_zeros(len(counts), dim).index_add(0, batch, pos)
    rest = pos - (mean / counts.clamp(min=1)[:, None])[batch]
    _, first = _highest(dot(rest, rest), batch, len(counts))
    exists = counts > 0
    hubs, valid = [first], [exists]
    rest = pos - pos[first][batch]
    limit = torch.zeros_like(mean[:, 0])
    for step in range(dim):
        square, far = _highest(dot(rest, rest), batch, len(counts))
        height = square.clamp(min=0).sqrt()
        if step == 0:
            limit = tolerance * height
        valid.append(valid[-1] & (height > limit))
        hubs.append(far)
        axis = rest[far] / height.clamp(min=torch.finfo(pos.dtype).tiny)[:, None]
        along = dot(rest, axis[batch])[:, None]
        rest = torch.where(valid[-1][batch][:, None], rest - along * axis[batch], 0.0)
    return torch.stack(hubs, dim=1), torch.stack(valid, dim=1)


def choose_anchors_batch(pos: Tensor, candidates: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Anchors per atom [num_atoms, dim + 1] and which of them are used; see `choose_anchors`.

    Args:
        pos: positions [num_nodes, dim].
        candidates: nodes per atom, the hubs last [num_atoms, num_candidates + dim + 1].
        valid: which of the hubs exist [num_atoms, dim + 1].
    """
    num_hubs = valid.shape[1]
    exists = torch.ones_like(candidates, dtype=torch.bool)
    exists[:, -num_hubs:] = valid
    rest = pos[candidates] - pos[candidates[:, :1]]
    rest = torch.where(exists[:, :, None], rest, 0.0)
    square = dot(rest, rest)
    wanted = torch.where(square > 0, MIN_SINE * MIN_SINE * square, torch.inf)
    anchors = [candidates[:, :1]]
    for _ in range(1, num_hubs):
        good = square >= wanted
        pick = torch.where(good.any(1), good.int().argmax(1), square.argmax(1))[:, None]
        anchors.append(candidates.gather(1, pick))
        axis = rest.gather(1, pick[:, :, None].expand(-1, 1, rest.shape[2]))
        axis = axis / axis.norm(dim=2, keepdim=True).clamp(min=torch.finfo(pos.dtype).tiny)
        rest = rest - dot(rest, axis)[:, :, None] * axis
        square = dot(rest, rest)
    return torch.cat(anchors, dim=1), valid


def dot(left: Tensor, right: Tensor) -> Tensor:
    """Inner products along the last axis, which is short: faster term by term than by `sum`."""
    total = left[..., 0] * right[..., 0]
    for axis in range(1, left.shape[-1]):
        total = total + left[..., axis] * right[..., axis]
    return total


def _highest(value: Tensor, batch: Tensor, num_graphs: int) -> tuple[Tensor, Tensor]:
    top = value.new_full((num_graphs,), -1.0).scatter_reduce(0, batch, value, "amax")
    index = torch.arange(len(value), device=value.device)
    first = index.new_full((num_graphs,), len(value))
    at = torch.where(value == top[batch], index, len(value))
    first = first.scatter_reduce(0, batch, at, "amin")
    return top, first.clamp(max=max(len(value) - 1, 0))


def _nearest(table: Tensor, members: Tensor, near: int) -> Tensor:
    value, place = table.topk(min(near, table.shape[1]), largest=False)
    partner = members.gather(1, place)
    node = torch.arange(len(table), device=table.device)[:, None].expand_as(partner)
    there = torch.isfinite(value)
    return torch.stack([node[there], partner[there]])
