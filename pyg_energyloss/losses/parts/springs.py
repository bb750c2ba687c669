"""Which springs a batch has: read from `data`, drawn by a sampler, or all pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional import (
    CrystalSprings,
    crystal_springs,
    listed_springs,
    minimum_image,
)
from pyg_energyloss.functional.crystals.lattice import periodic_cell
from pyg_energyloss.functional.engine import Problem
from pyg_energyloss.functional.engine.torch_engine import complete_chunks
from pyg_energyloss.losses.parts.graph_info import GraphInfo


@dataclass(frozen=True, slots=True)
class SpringSet:
    """Pairs of atoms and their weights; no `edge_index` means all pairs of each graph.

    Where structures repeat, `crystal` names the images that the pairs join, `edge_shift` the cells
    between them, and `cell` and `pbc` are those of each graph.
    """

    edge_index: Tensor | None = None
    edge_weight: Tensor | None = None
    edge_shift: Tensor | None = None
    cell: Tensor | None = None
    pbc: Tensor | None = None
    crystal: CrystalSprings | None = None


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


def check_attr(attr: str, edges: str | Callable[..., Any]) -> str:
    """Return the name of the attribute that holds the pairs.

    Raises:
        ValueError: PyG would not batch it as an index, or `edges` never reads it.

    >>> check_attr("spring_index", "data")
    'spring_index'
    """
    if "index" not in attr:
        raise ValueError(
            f"`attr` must contain 'index', as that of RigidEdgeTransform does, got {attr!r}"
        )
    if attr != "energy_edge_index" and edges not in ("auto", "data"):
        raise ValueError(f"`attr` is read with edges='auto' or 'data' only, got edges={edges!r}")
    return attr


#: The pairs [2, num_edges], their weights and their lattice shifts.
Pairs = tuple[Tensor | None, Tensor | None, Tensor | None]


def springs_of(pairs: Pairs, data: Any, info: GraphInfo, cutoff: float | None) -> SpringSet:
    """Return the springs of a batch on its pairs, or on all pairs of each graph.

    A structure with `cell` is periodic (see `periodic_cell`): without a list of pairs all images
    within the cutoff count, and pairs without `energy_edge_shift` mean the nearest image.
    """
    edge_index, weight, shift = pairs
    lattice = periodic_cell(data, info.num_graphs, info.pos.size(1))
    if lattice is None or not bool(lattice[1].any()):
        return SpringSet(edge_index, weight)
    cell, pbc = (value.to(info.pos.device) for value in lattice)
    if edge_index is None:
        crystal = crystal_springs(
            info.pos,
            cell,
            pbc=pbc,
            cutoff=cutoff,
            batch=info.batch,
            num_graphs=info.num_graphs,
            present=None if info.node_weight is None else info.node_weight != 0,
        )
        return SpringSet(crystal.atoms, None, crystal.edge_shift, cell, pbc, crystal)
    if shift is None:
        shift = minimum_image(info.pos, edge_index, cell, batch=info.batch, pbc=pbc)
    crystal = listed_springs(edge_index, shift, len(info.pos), edge_weight=weight)
    return SpringSet(edge_index, weight, shift, cell, pbc, crystal)


def all_pairs(info: GraphInfo) -> Tensor:
    """Return all ordered pairs of each graph as an `edge_index`, for small structures."""
    problem = Problem(info.pos, info.pos, info.batch, info.num_graphs, None)
    chunks = [torch.stack(pair) for pair in complete_chunks(problem)]
    pairs = torch.cat(chunks, dim=1) if chunks else info.pos.new_zeros(2, 0, dtype=torch.long)
    return pairs[:, pairs[0] != pairs[1]]
