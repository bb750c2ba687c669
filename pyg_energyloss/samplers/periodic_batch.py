"""Draws for a batch of periodic structures."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from pyg_energyloss.samplers.periodic import nearest_image
from pyg_energyloss.samplers.sample import (
    Lattice,
    PairSample,
    node_counts,
    numpy_generator,
    weight_dtype,
)

if TYPE_CHECKING:
    from pyg_energyloss.samplers.base import EdgeSampler


def draw_periodic_batch(
    sampler: EdgeSampler,
    pos: Tensor,
    batch: Tensor | None,
    cell: Tensor,
    pbc: Tensor,
    *,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor]:
    """Edges in both directions, weights and integer shifts of every structure of a batch.

    Args:
        sampler: draws each structure.
        pos: target positions [num_nodes, dim].
        batch: structure of each node [num_nodes], sorted; None means one structure.
        cell: lattice vectors as rows, [num_graphs, dim, dim] or stacked [num_graphs * dim, dim].
        pbc: which axes repeat, [num_graphs, dim] in any shape, or one set of flags for all.
        generator: source of the draw.
    """
    dim = pos.shape[1]
    rng = numpy_generator(generator)
    points = pos.detach().cpu().double().numpy()
    cells = cell.detach().cpu().double().numpy().reshape(-1, dim, dim)
    flags = np.broadcast_to(pbc.detach().cpu().numpy().reshape(-1, dim), (len(cells), dim))
    bounds = np.concatenate([[0], np.cumsum(node_counts(pos, batch, len(cells)).cpu().numpy())])
    whole = PairSample(np.empty((2, 0), np.int64), np.empty(0), np.empty((0, dim), np.int64))
    for graph, (start, stop) in enumerate(pairwise(bounds)):
        repeats = tuple(bool(f) for f in flags[graph])
        lattice = Lattice(cells[graph], repeats) if any(repeats) else None
        drawn = sampler.sample(points[start:stop], rng, lattice=lattice)
        if drawn.shift is None:
            shift = np.zeros((drawn.pairs.shape[1], dim), np.int64)
            if lattice is not None:
                shift = nearest_image(points[start:stop], drawn.pairs, lattice)
            drawn = drawn._replace(shift=shift)
        whole = whole.joined(drawn._replace(pairs=drawn.pairs + start))
    edges = torch.from_numpy(whole.pairs).to(pos.device)
    weight = torch.from_numpy(whole.weight).to(pos.device, weight_dtype(pos))
    shifts = torch.from_numpy(np.asarray(whole.shift)).to(pos.device)
    return (
        torch.cat([edges, edges.flip(0)], dim=1),
        weight.repeat(2),
        torch.cat([shifts, -shifts]),
    )
