"""Random regular graphs, the paper's sparse edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.samplers.base import EdgeSampler
from pyg_energyloss.samplers.complete import all_pairs
from pyg_energyloss.samplers.sample import Lattice, PairSample


def random_regular(num_nodes: int, degree: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw a random graph in which every node has ``degree`` neighbours.

    Half-edges are paired at random, then loops and repeated pairs are switched away with randomly
    chosen edges. Dense graphs are drawn as complements. If ``num_nodes * degree`` is odd, one node
    has one neighbour more.

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
    if degree >= num_nodes - 1:
        return all_pairs(num_nodes).pairs
    if degree > (num_nodes - 1) // 2:
        inner = num_nodes - 1 - degree
        # An odd count gives the complement's extra node one edge more, so one less here; asking
        # the complement for one edge less instead keeps "at least `degree`" true.
        missing = _pair_up(num_nodes, inner, rng, surplus=False)
        absent = np.zeros((num_nodes, num_nodes), bool)
        absent[missing[0], missing[1]] = True
        return np.stack(np.nonzero(np.triu(~absent, 1))).astype(np.int64)
    return _pair_up(num_nodes, degree, rng, surplus=True)


def _pair_up(
    num_nodes: int, degree: int, rng: np.random.Generator, *, surplus: bool
) -> NDArray[np.int64]:
    stubs = np.repeat(np.arange(num_nodes), degree)
    if len(stubs) % 2:
        extra = int(rng.integers(num_nodes))
        stubs = np.append(stubs, extra) if surplus else np.delete(stubs, extra * degree)
    if len(stubs) == 0:
        return np.empty((2, 0), np.int64)
    while True:
        pairs = _switch(rng.permutation(stubs).reshape(2, -1), num_nodes, rng)
        if pairs is not None:
            return np.sort(pairs, axis=0)


def _switch(
    pairs: NDArray[np.int64], num_nodes: int, rng: np.random.Generator
) -> NDArray[np.int64] | None:
    for _ in range(100):
        low, high = np.minimum(pairs[0], pairs[1]), np.maximum(pairs[0], pairs[1])
        key = low * num_nodes + high
        order = np.argsort(key, kind="stable")
        bad = low == high
        bad[order[1:]] |= key[order[1:]] == key[order[:-1]]
        wrong = np.flatnonzero(bad)
        if len(wrong) == 0:
            return pairs
        # Exchange one end with a random edge each; distinct partners keep the swaps independent.
        partner = rng.permutation(pairs.shape[1])[: len(wrong)]
        chosen = np.unique(np.concatenate([wrong, partner]))
        pairs[1, chosen] = pairs[1, rng.permutation(chosen)]
    return None


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
            pairs = random_regular(num_nodes, self.k, rng)
        else:
            pairs = self._pooled(num_nodes, int(rng.integers(self.pool)))
        weight = num_nodes * (num_nodes - 1) / (2 * pairs.shape[1])
        return PairSample(pairs, np.full(pairs.shape[1], weight))

    def _pooled(self, num_nodes: int, which: int) -> NDArray[np.int64]:
        # A graph is made when it is first drawn, the same whatever was drawn before.
        key = (num_nodes, which)
        if key not in self._pool:
            seed = [0 if self.seed is None else self.seed, num_nodes, self.k, which]
            self._pool[key] = random_regular(num_nodes, self.k, np.random.default_rng(seed))
        return self._pool[key]
