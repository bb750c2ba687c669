"""Random regular graphs, the paper's sparse edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.loops import compiled_or_plain
from pyg_energyloss.samplers import kernels
from pyg_energyloss.samplers.base import EdgeSampler
from pyg_energyloss.samplers.complete import all_pairs
from pyg_energyloss.samplers.sample import Lattice, PairSample


def random_regular(num_nodes: int, degree: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw a random graph in which every node has ``degree`` neighbours.

    Half-edges are paired at random, then each loop and repeated pair exchanges an end with a
    randomly chosen edge. Dense graphs are drawn as complements. If ``num_nodes * degree`` is odd,
    one node has one neighbour more.

    Args:
        num_nodes: number of nodes n.
        degree: neighbours per node; n - 1 or more gives the complete graph.
        rng: source of the draw.

    Returns:
        Pairs i < j [2, num_pairs], each once.

    Example:
        >>> import numpy as np
        >>> pairs = random_regular(10, 4, np.random.default_rng(0))
        >>> np.bincount(pairs.ravel()).tolist()
        [4, 4, 4, 4, 4, 4, 4, 4, 4, 4]
    """
    pairs, _ = compiled_or_plain(kernels.regular)(np.array([0, num_nodes]), degree, rng)
    found: NDArray[np.int64] = pairs
    return found


class KRegular(EdgeSampler):
    """Random k-regular graphs, as in the paper, but rescaled so that the loss keeps its size.

    Each pair has weight (n - 1) / k and every pair is as likely as any other, so the mean over
    draws is the complete energy. (Not so with a pool, whose graphs leave pairs out: the mean over
    100 graphs of 30 to 1000 atoms was off by 4 %.) A draw is globally rigid for almost all
    placements with high probability (proved for dim 2), not surely, and soft: see the documentation
    before fixing one. Periodic structures are refused: a pair of atoms has many images there.

    Args:
        dim: dimension of space.
        k: neighbours per atom; None means 2 dim.
        pool: number of graphs per size that draws choose from, 100 in the paper; None draws a fresh
            graph each time.
        seed: see `EdgeSampler`; also decides the pool.

    Example:
        >>> import numpy as np
        >>> drawn = KRegular(k=6).sample(np.zeros((25, 3)), np.random.default_rng(0))
        >>> drawn.pairs.shape, float(drawn.weight[0])
        ((2, 75), 4.0)

    Source: arXiv 2511.02087, section 4.3 and appendix A.5; there without the weight.
    """

    def __init__(
        self,
        *,
        dim: int = 3,
        k: int | None = None,
        pool: int | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(dim=dim, seed=seed)
        self.k = 2 * dim if k is None else k
        if self.k < 1:
            raise ValueError(f"`k` must be at least 1, got {k}")
        if pool is not None and pool < 1:
            raise ValueError(f"`pool` must be at least 1 or None, got {pool}")
        self.pool = pool
        self._pool: dict[tuple[int, int], NDArray[np.int64]] = {}

    def sample(
        self,
        pos: NDArray[np.floating],
        rng: np.random.Generator,
        *,
        bonds: NDArray[np.int64] | None = None,
        lattice: Lattice | None = None,
    ) -> PairSample:
        """Draw a graph, whatever the positions; see `EdgeSampler.sample`.

        Raises:
            ValueError: the structure is periodic.
        """
        del bonds
        if lattice is not None:
            raise ValueError(
                "`lattice`: a regular graph knows no periodic images, so its mean would not be the "
                "energy of the crystal; take backbone, complete or erdos_renyi"
            )
        num_nodes = len(pos)
        if self.k >= num_nodes - 1:
            return all_pairs(num_nodes)
        if self.pool is None:
            return self._fresh(np.array([0, num_nodes]), rng)
        pairs = self._pooled(num_nodes, int(rng.integers(self.pool)))
        weight = num_nodes * (num_nodes - 1) / (2 * pairs.shape[1])
        return PairSample(pairs, np.full(pairs.shape[1], weight))

    def _sample_flat(
        self, points: NDArray[np.float64], bounds: NDArray[np.int64], rng: np.random.Generator
    ) -> PairSample:
        if self.pool is None:
            return self._fresh(bounds, rng)
        return super()._sample_flat(points, bounds, rng)

    def _fresh(self, bounds: NDArray[np.int64], rng: np.random.Generator) -> PairSample:
        return PairSample(*compiled_or_plain(kernels.regular)(bounds, self.k, rng))

    def _pooled(self, num_nodes: int, which: int) -> NDArray[np.int64]:
        # A graph is made when it is first drawn, the same whatever was drawn before.
        key = (num_nodes, which)
        if key not in self._pool:
            seed = [0 if self.seed is None else self.seed, num_nodes, self.k, which]
            self._pool[key] = random_regular(num_nodes, self.k, np.random.default_rng(seed))
        return self._pool[key]
