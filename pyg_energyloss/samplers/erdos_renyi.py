"""Every pair by the toss of a coin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.loops import compiled_or_plain
from pyg_energyloss.samplers import kernels
from pyg_energyloss.samplers.base import EdgeSampler
from pyg_energyloss.samplers.crystals.periodic import image_pairs
from pyg_energyloss.samplers.sample import Lattice, PairSample


class ErdosRenyi(EdgeSampler):
    """Each pair with the same probability, independently, with weight one over it.

    The mean over draws is the complete energy; of a periodic structure the pairs are all images
    within 2.4 mean spacings, and the mean is that of `functional.crystal_energy`. Isolated atoms
    are likely below log(n) / 2 edges per atom, so a draw is often not even connected: a baseline.

    Args:
        dim: dimension of space.
        edges_per_atom: mean number of pairs over number of atoms.
        seed: see `EdgeSampler`.

    Example:
        >>> import numpy as np
        >>> drawn = ErdosRenyi(edges_per_atom=2).sample(np.zeros((21, 3)), np.random.default_rng(0))
        >>> float(drawn.weight[0])  # 20 / 2 partners, each pair has two ends
        5.0
    """

    def __init__(
        self, *, dim: int = 3, edges_per_atom: float = 7.0, seed: int | None = None
    ) -> None:
        super().__init__(dim=dim, seed=seed)
        if edges_per_atom <= 0:
            raise ValueError(f"`edges_per_atom` must be positive, got {edges_per_atom}")
        self.edges_per_atom = float(edges_per_atom)

    def sample(
        self,
        pos: NDArray[np.floating],
        rng: np.random.Generator,
        *,
        bonds: NDArray[np.int64] | None = None,
        lattice: Lattice | None = None,
    ) -> PairSample:
        """Toss for every pair; see `EdgeSampler.sample`."""
        del bonds
        if lattice is not None:
            every = image_pairs(np.asarray(pos, np.float64), lattice)
            total = every.pairs.shape[1]
            chance = min(1.0, self.edges_per_atom * len(pos) / max(total, 1))
            drawn = rng.random(total) < chance
            return every.select(drawn, every.weight[drawn] / chance)
        return self._sample_flat(np.empty((0, self.dim)), np.array([0, len(pos)]), rng)

    def _sample_flat(
        self, points: NDArray[np.float64], bounds: NDArray[np.int64], rng: np.random.Generator
    ) -> PairSample:
        del points
        return PairSample(*compiled_or_plain(kernels.coins)(bounds, self.edges_per_atom, rng))
