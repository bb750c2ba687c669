"""Draws of far pairs for all structures of a batch at once, on their device."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.rigidity.lateration_batch import dot
from pyg_energyloss.samplers.far import MIN_FAR_PER_ATOM
from pyg_energyloss.samplers.importance import Importance


def pairs_batch(counts: Tensor) -> tuple[Tensor, Tensor]:
    """All pairs i < j within each structure, structure by structure, and the structure of each.

    Args:
        counts: atoms per structure [num_graphs].

    Returns:
        Pairs of nodes [2, num_pairs], structure [num_pairs].
    """
    graph = torch.repeat_interleave(counts)
    stop = counts.cumsum(0)[graph]
    node = torch.arange(len(graph), device=counts.device)
    partners = stop - node - 1
    source = torch.repeat_interleave(partners)
    first = (partners.cumsum(0) - partners)[source]
    target = torch.arange(len(source), device=counts.device) - first + source + 1
    return torch.stack([source, target]), graph[source]


def pair_number_batch(pairs: Tensor, counts: Tensor) -> Tensor:
    """Place of pairs, either way round, in the list of `pairs_batch` [num_pairs]."""
    graph = torch.repeat_interleave(counts)
    partners = counts.cumsum(0)[graph] - torch.arange(len(graph), device=counts.device) - 1
    row = partners.cumsum(0) - partners
    low, high = torch.minimum(pairs[0], pairs[1]), torch.maximum(pairs[0], pairs[1])
    return row[low] + high - low - 1


def inclusion_probability_batch(
    score: Tensor, far: Tensor, graph: Tensor, expected: Tensor, *, floor: float
) -> Tensor:
    """Per structure, what `importance.inclusion_probability` gives for one.

    Args:
        score: numbers, at least 0 [num_pairs].
        far: which pairs may be drawn [num_pairs].
        graph: structure of each pair [num_pairs].
        expected: how many pairs of each structure to draw on average [num_graphs].
        floor: share of the draws that is spread evenly.

    Returns:
        Probabilities [num_pairs].
    """

    def total(value: Tensor) -> Tensor:
        return torch.zeros_like(expected).index_add(0, graph, value)

    tiny = torch.finfo(score.dtype).tiny
    even = far.to(score.dtype)
    score = score * even
    share = score * ((1.0 - floor) / total(score).clamp(min=tiny))[graph]
    share = share + even * (floor / total(even).clamp(min=1.0))[graph]
    scale = expected.clamp(min=0.0)
    # Each pass caps more pairs; a handful settles it, and any probability is a valid one.
    for _ in range(8):
        sure = (share * scale[graph] >= 1.0).to(score.dtype)
        left = total(share * (1.0 - sure))
        wider = (expected - total(sure)).clamp(min=0.0) / left.clamp(min=tiny)
        # A structure without open pairs has nothing left, and 0 times infinity is not 0.
        scale = torch.where(left > tiny, torch.maximum(scale, wider), scale)
    return (share * scale[graph]).clamp(max=1.0)


def draw_batch(
    pos: Tensor,
    counts: Tensor,
    always: Tensor,
    expected: Tensor,
    *,
    importance: Importance,
    floor: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Give the pairs numbered ``always`` and a draw of the others; see `far.draw_dense`.

    Args:
        pos: positions [num_nodes, dim], double precision.
        counts: atoms per structure [num_graphs].
        always: numbers (`pair_number_batch`) of pairs with weight 1.
        expected: mean number of pairs of each structure [num_graphs].
        importance: score by distance.
        floor: share of the draw that is spread evenly.
        generator: source of the draw, on the device of ``pos``.

    Returns:
        Pairs, each once [2, num_pairs], and weights [num_pairs].
    """
    pairs, graph = pairs_batch(counts)
    sure = torch.zeros(pairs.shape[1], dtype=torch.bool, device=pos.device)
    sure[always] = True
    vector = pos.index_select(0, pairs[1]) - pos.index_select(0, pairs[0])
    score = importance.torch(dot(vector, vector).sqrt()).to(pos.dtype)
    rest = expected - torch.zeros_like(expected).index_add(0, graph, sure.to(pos.dtype))
    rest = torch.maximum(rest, MIN_FAR_PER_ATOM * counts)
    chance = inclusion_probability_batch(score, ~sure, graph, rest, floor=floor)
    summed = chance.cumsum(0)
    before = torch.zeros_like(pos[:, 0]).index_add(0, pairs[0], chance)
    before = before.cumsum(0) - before
    start = torch.rand(len(pos), dtype=pos.dtype, device=pos.device, generator=generator)
    reached = summed + (start - before)[pairs[0]]
    kept = torch.nonzero(sure | (reached.floor() > (reached - chance).floor()))[:, 0]
    weight = 1.0 / torch.where(sure, 1.0, chance)[kept]
    return pairs[:, kept], weight
