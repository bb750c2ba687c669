"""Nearest neighbours only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss import loops
from pyg_energyloss.rigidity.frame import check_finite
from pyg_energyloss.rigidity.neighbours import find_neighbours
from pyg_energyloss.samplers.base import EdgeSampler
from pyg_energyloss.samplers.crystals.periodic import periodic_neighbours
from pyg_energyloss.samplers.far import once
from pyg_energyloss.samplers.sample import Lattice, PairSample


class NearestNeighbours(EdgeSampler):
    """Each atom with its k nearest, weight 1: local, deterministic, and often not rigid.

    Args:
        dim: dimension of space.
        k: neighbours per atom; None means 2 dim.
        seed: unused by the draw, as there is none.

    Example:
        >>> import numpy as np
        >>> line = np.array([[0.0, 0, 0], [1, 0, 0], [2.5, 0, 0]])
        >>> NearestNeighbours(k=1).sample(line, np.random.default_rng(0)).pairs.tolist()
        [[0, 1], [1, 2]]
    """

    def __init__(self, *, dim: int = 3, k: int | None = None, seed: int | None = None) -> None:
        super().__init__(dim=dim, seed=seed)
        self.k = 2 * dim if k is None else k
        if self.k < 1:
            raise ValueError(f"`k` must be at least 1, got {k}")

    def sample(
        self,
        pos: NDArray[np.floating],
        rng: np.random.Generator,
        *,
        bonds: NDArray[np.int64] | None = None,
        lattice: Lattice | None = None,
    ) -> PairSample:
        """The nearest neighbours; see `EdgeSampler.sample`."""
        del rng, bonds
        points = np.ascontiguousarray(pos, np.float64)
        check_finite(points)
        if lattice is not None:
            return periodic_neighbours(points, lattice, near=self.k)
        num_nodes = len(points)
        if num_nodes < 2:  # noqa: PLR2004 - no pair
            return PairSample(np.empty((2, 0), np.int64), np.empty(0))
        near = find_neighbours(points, near=self.k, early=1).near
        found = np.stack([np.repeat(np.arange(num_nodes), near.shape[1]), near.ravel()])
        pairs, weight = once(found, np.ones(found.shape[1]), num_nodes)
        return PairSample(pairs, np.ones_like(weight))

    def _sample_flat(
        self, points: NDArray[np.float64], bounds: NDArray[np.int64], rng: np.random.Generator
    ) -> PairSample:
        if not loops.available():
            return super()._sample_flat(points, bounds, rng)
        from pyg_energyloss.rigidity.neighbours_flat import nearest_flat

        found = nearest_flat(points, bounds, self.k)
        pairs, weight = once(found, np.ones(found.shape[1]), len(points))
        return PairSample(pairs, np.ones_like(weight))
