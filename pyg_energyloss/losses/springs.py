"""Which springs a batch has: read from `data`, drawn by a sampler, or all pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional import minimum_image
from pyg_energyloss.functional.engine import Problem
from pyg_energyloss.functional.engine.torch_engine import complete_chunks
from pyg_energyloss.losses.graph_info import GraphInfo


@dataclass(frozen=True, slots=True)
class SpringSet:
    """Pairs, their weights and lattice images; no `edge_index` means all pairs of each graph."""

    edge_index: Tensor | None = None
    edge_weight: Tensor | None = None
    edge_shift: Tensor | None = None
    cell: Tensor | None = None


def check_edges_option(edges: str | Callable[..., Any]) -> str | Callable[..., Any]:
    """Return `edges`; raise unless it is a known word or a sampler.

    Raises:
        ValueError: it is another word.
        TypeError: it is neither a word nor callable.

    >>> check_edges_option("auto")
    'auto'
    """
    if isinstance(edges, str):
        if edges not in ("auto", "complete", "data"):
            raise ValueError(
                f"`edges` must be 'auto', 'complete', 'data' or a sampler, got {edges!r}; make a "
                "sampler with pyg_energyloss.registry.create('sampler', name)"
            )
    elif not callable(edges):
        raise TypeError(f"`edges` must be a word or a sampler, got {type(edges).__name__}")
    return edges


def springs_of(edges: str | Callable[..., Any], data: Any, info: GraphInfo) -> SpringSet:
    """Return the springs of a batch.

    A structure with `cell` and `pbc` is periodic: pairs without `energy_edge_shift` mean the
    nearest image.

    Raises:
        ValueError: `edges` is "data" and `data` has none.
    """
    weight = shift = None
    if callable(edges):
        drawn = edges(data)
        parts = (*drawn, None, None) if isinstance(drawn, tuple) else (drawn, None, None)
        edge_index, weight, shift = parts[:3]
    elif edges == "complete":
        edge_index = None
    else:
        edge_index = getattr(data, "energy_edge_index", None)
        if edge_index is not None:
            weight = getattr(data, "energy_edge_weight", None)
            shift = getattr(data, "energy_edge_shift", None)
        elif edges == "data":
            raise ValueError(
                "`data.energy_edge_index` is missing although edges='data'; add it with "
                "pyg_energyloss.transforms.RigidEdgeTransform"
            )
    cell = getattr(data, "cell", None)
    pbc = None if cell is None else getattr(data, "pbc", None)
    if cell is None or (shift is None and pbc is None):
        return SpringSet(edge_index, weight if edge_index is not None else None)
    if edge_index is None:
        edge_index = all_pairs(info)
    if shift is None:
        shift = minimum_image(info.pos, edge_index, cell, batch=info.batch, pbc=_flags(pbc, info))
    return SpringSet(edge_index, weight, shift, cell)


def _flags(pbc: Any, info: GraphInfo) -> Tensor:
    """Flags [num_graphs, dim]: one flag per structure stands for all its axes."""
    flags = torch.as_tensor(pbc, device=info.pos.device).bool()
    if flags.numel() == info.num_graphs * info.pos.size(1):
        return flags.reshape(info.num_graphs, info.pos.size(1))
    return flags.reshape(-1, 1).expand(-1, info.pos.size(1))


def all_pairs(info: GraphInfo) -> Tensor:
    """Return all ordered pairs of each graph as an `edge_index`, for small structures."""
    problem = Problem(info.pos, info.pos, info.batch, info.num_graphs, None)
    chunks = [torch.stack(pair) for pair in complete_chunks(problem)]
    pairs = torch.cat(chunks, dim=1) if chunks else info.pos.new_zeros(2, 0, dtype=torch.long)
    return pairs[:, pairs[0] != pairs[1]]
