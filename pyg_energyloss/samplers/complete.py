"""Every pair of a structure."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pyg_energyloss import loops
from pyg_energyloss.samplers import kernels
from pyg_energyloss.samplers.base import EdgeSampler
from pyg_energyloss.samplers.crystals.periodic import image_pairs
from pyg_energyloss.samplers.sample import Lattice, PairSample, node_bounds, weight_dtype


@lru_cache(maxsize=128)
def cached_pairs(num_nodes: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """All pairs i < j [2, n (n - 1) / 2] and unit weights, read-only, kept per size."""
    pairs = np.stack(np.triu_indices(num_nodes, 1)).astype(np.int64)
    weight = np.ones(pairs.shape[1])
    pairs.setflags(write=False)
    weight.setflags(write=False)
    return pairs, weight


def all_pairs(num_nodes: int) -> PairSample:
    """All pairs of ``num_nodes`` points with weight 1."""
    if num_nodes <= 256:  # noqa: PLR2004 - half a megabyte at most; larger ones are not kept
        return PairSample(*cached_pairs(num_nodes))
    pairs = np.stack(np.triu_indices(num_nodes, 1)).astype(np.int64)
    return PairSample(pairs, np.ones(pairs.shape[1]))


def all_pairs_batch(counts: Tensor) -> Tensor:
    """All ordered pairs within each structure [2, sum n (n - 1)], without a loop over structures.

    Args:
        counts: atoms per structure [num_graphs].
    """
    if counts.device.type == "cpu" and loops.available():
        return torch.from_numpy(loops.compiled(kernels.all_pairs)(node_bounds(counts)))
    starts = counts.cumsum(0) - counts
    node = torch.arange(int(counts.sum()), device=counts.device)
    graph = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
    partners = counts[graph] - 1
    source = torch.repeat_interleave(node, partners)
    first = torch.repeat_interleave(partners.cumsum(0) - partners, partners)
    target = torch.arange(len(source), device=counts.device) - first
    local = (node - starts[graph])[source]
    target = target + (target >= local) + starts[graph][source]
    return torch.stack([source, target])


class Complete(EdgeSampler):
    """All pairs, each with weight 1: the energy of equation 7 itself.

    Of a periodic structure, all images within a cutoff, as `functional.crystal_energy` sums them.

    Args:
        dim: dimension of space.
        cutoff: largest true distance between images; see `functional.crystal_springs`.
        seed: unused by the draw, as there is none.

    Example:
        >>> import numpy as np
        >>> Complete().sample(np.zeros((4, 3)), np.random.default_rng(0)).pairs.shape
        (2, 6)
    """

    def __init__(
        self, *, dim: int = 3, cutoff: float | None = None, seed: int | None = None
    ) -> None:
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
        """All pairs of the structure; see `EdgeSampler.sample`."""
        del rng, bonds
        if lattice is not None:
            return image_pairs(np.asarray(pos, np.float64), lattice, cutoff=self.cutoff)
        return all_pairs(len(pos))

    def _draw(
        self, pos: Tensor, counts: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        del generator
        edge_index = all_pairs_batch(counts)
        return edge_index, pos.new_ones(edge_index.shape[1], dtype=weight_dtype(pos))
