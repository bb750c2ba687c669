"""A plugin in one file: a loss, a stiffness law, an edge sampler and an evaluator.

Copy this file and the pyproject.toml beside it, give both your own names, and install them with
``pip install -e .``; ``energyloss plugins`` then lists what is registered here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.utils import coalesce

from pyg_energyloss.functional import pair_energy
from pyg_energyloss.functional.graphs import graph_sum
from pyg_energyloss.losses import GraphInfo, StructureLoss, graph_info
from pyg_energyloss.registry import hookimpl
from pyg_energyloss.samplers import EdgeSampler, Lattice, PairSample


class NeighbourEnergyLoss(StructureLoss):
    """Springs between neighbours along a chain: atoms that follow each other in the batch.

    Args:
        reduction: over graphs: "mean", "sum", or "none" for one value per graph.
    """

    def graph_values(self, pos_pred: Tensor, info: GraphInfo) -> Tensor:
        """Return the energy of each chain [num_graphs]."""
        node = torch.arange(len(pos_pred), device=pos_pred.device)
        batch = torch.zeros_like(node) if info.batch is None else info.batch
        first = node[:-1][batch[:-1] == batch[1:]]
        edges = coalesce(torch.stack([first, first + 1]))
        both = torch.cat([edges, edges.flip(0)], dim=1)
        return pair_energy(pos_pred, info.pos, both, batch=info.batch, num_graphs=info.num_graphs)


class Gaussian:
    """k = k0 exp(-d^2 / 2 l^2): softer than the exponential law at long range.

    Args:
        strength: k0.
        length: l, Å.
    """

    def __init__(self, *, strength: float = 1.0, length: float = 2.0) -> None:
        self.strength = strength
        self.length = length

    def __call__(self, distance: Tensor) -> Tensor:
        """Return k of true distances, same shape."""
        return self.strength * torch.exp(-0.5 * (distance / self.length).square())


class WithinCutoff(EdgeSampler):
    """All pairs closer than a cutoff in the true structure.

    Args:
        cutoff: Å.
        dim: dimension of space.
        seed: unused; nothing is drawn.
    """

    def __init__(self, *, cutoff: float = 5.0, dim: int = 3, seed: int | None = None) -> None:
        super().__init__(dim=dim, seed=seed)
        self.cutoff = cutoff

    def sample(
        self,
        pos: NDArray[np.floating],
        rng: np.random.Generator,
        *,
        bonds: NDArray[np.int64] | None = None,
        lattice: Lattice | None = None,
    ) -> PairSample:
        """Return the pairs of one structure, each once, with weight 1."""
        del rng, bonds
        if lattice is not None:
            raise ValueError("WithinCutoff knows no periodic images; use sampler='backbone'")
        pairs = np.stack(np.triu_indices(len(pos), k=1)).astype(np.int64)
        near = np.linalg.norm(pos[pairs[0]] - pos[pairs[1]], axis=1) < self.cutoff
        return PairSample(pairs[:, near], np.ones(int(near.sum())))


class RadiusOfGyration:
    """Difference of the radii of gyration of prediction and truth, Å."""

    def __call__(self, pos_pred: Tensor, data: Any) -> dict[str, Tensor]:
        """Return one value per graph."""
        info = graph_info(data)
        batch = info.batch
        if batch is None:
            batch = torch.zeros(len(pos_pred), dtype=torch.long, device=pos_pred.device)
        count = graph_sum(torch.ones_like(pos_pred[:, 0]), batch, info.num_graphs)
        radii = []
        for pos in (pos_pred, info.pos):
            centre = graph_sum(pos, batch, info.num_graphs) / count[:, None]
            spread = (pos - centre[batch]).square().sum(dim=1)
            radii.append((graph_sum(spread, batch, info.num_graphs) / count).sqrt())
        return {"gyration_error": (radii[0] - radii[1]).abs()}


@hookimpl
def energyloss_register_losses(register: Any) -> None:
    """Register the loss."""
    register("neighbour_energy", NeighbourEnergyLoss, summary="springs along the chain")


@hookimpl
def energyloss_register_stiffness(register: Any) -> None:
    """Register the stiffness law."""
    register("gaussian", Gaussian, summary="k0 exp(-d^2 / 2 l^2)")


@hookimpl
def energyloss_register_samplers(register: Any) -> None:
    """Register the edge sampler."""
    register("within_cutoff", WithinCutoff, summary="pairs closer than a cutoff")


@hookimpl
def energyloss_register_evaluators(register: Any) -> None:
    """Register the evaluator."""
    register("gyration", RadiusOfGyration, summary="error of the radius of gyration")
