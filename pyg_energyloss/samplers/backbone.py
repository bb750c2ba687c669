"""The default: an always-on rigid backbone and far pairs redrawn with importance weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.rigidity.lateration import laterate
from pyg_energyloss.samplers.base import EdgeSampler, Lattice, PairSample
from pyg_energyloss.samplers.complete import all_pairs, cached_pairs
from pyg_energyloss.samplers.importance import Importance, Score, inclusion_probability


class Backbone(EdgeSampler):
    """Near pairs and tight lateration always, far pairs redrawn with weights 1 / probability.

    Small structures get the complete graph. For the others, every single draw is universally rigid
    at the true placement: its zero-energy structures are the true one and its images, nothing else.
    And the mean over draws of the energy, and of its gradient, is that of the complete graph.

    Args:
        dim: dimension of space.
        complete_below: structures of at most this many atoms get all pairs.
        near: nearest neighbours that are always joined.
        edges_per_atom: mean number of pairs over number of atoms; what the backbone leaves of it
            goes to far pairs.
        importance: score of far pairs by distance, best that of the loss's stiffness.
        floor: share of the far pairs that is drawn evenly.
        seed: see `EdgeSampler`.

    Example:
        >>> import numpy as np
        >>> pos = np.random.default_rng(0).normal(size=(200, 3)) * 5
        >>> drawn = Backbone().sample(pos, np.random.default_rng(1))
        >>> 6.5 < drawn.pairs.shape[1] / 200 < 7.5
        True

    Source: Horvitz, Thompson, JASA 47, 663 (1952), for the weights; the lateration is that of
    `pyg_energyloss.rigidity.laterate`.
    """

    def __init__(
        self,
        *,
        dim: int = 3,
        complete_below: int = 64,
        near: int = 4,
        edges_per_atom: float = 7.0,
        importance: str | Score = "exponential",
        floor: float = 0.25,
        seed: int | None = None,
    ) -> None:
        super().__init__(dim=dim, seed=seed)
        if not 0.0 < floor <= 1.0:
            raise ValueError(f"`floor` must lie in (0, 1], got {floor}")
        self.complete_below = complete_below
        self.near = near
        self.edges_per_atom = edges_per_atom
        self.importance = Importance(importance)
        self.floor = floor

    def sample(
        self,
        pos: NDArray[np.floating],
        rng: np.random.Generator,
        *,
        bonds: NDArray[np.int64] | None = None,
        lattice: Lattice | None = None,
    ) -> PairSample:
        """Draw the pairs of one structure; see `EdgeSampler.sample`."""
        del bonds, lattice
        num_nodes = len(pos)
        if num_nodes <= max(self.complete_below, self.dim + 1):
            return all_pairs(num_nodes)
        pos = np.asarray(pos, np.float64)
        (source, target), _ = cached_pairs(num_nodes)
        vector = pos[target] - pos[source]
        square = np.einsum("ij,ij->i", vector, vector)
        always = self._always(pos, source, target, square)
        far = np.flatnonzero(~always)
        score = self.importance.numpy(np.sqrt(square[far]))
        expected = self.edges_per_atom * num_nodes - (len(always) - len(far))
        probability = inclusion_probability(score, expected, floor=self.floor)
        drawn = rng.random(len(far)) < probability
        kept = np.concatenate([np.flatnonzero(always), far[drawn]])
        weight = np.ones(len(kept))
        weight[len(kept) - np.count_nonzero(drawn) :] = 1.0 / probability[drawn]
        return PairSample(np.stack([source[kept], target[kept]]), weight)

    def _always(
        self,
        pos: NDArray[np.float64],
        source: NDArray[np.int64],
        target: NDArray[np.int64],
        square: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        num_nodes = len(pos)
        table = np.full((num_nodes, num_nodes), np.inf)
        table[source, target] = square
        table[target, source] = square
        on = np.zeros((num_nodes, num_nodes), bool)
        if self.near:
            width = min(self.near, num_nodes - 1)
            near = np.argpartition(table, width - 1, axis=1)[:, :width]
            np.put_along_axis(on, near, True, axis=1)
        row, column = laterate(pos).pairs
        on[row, column] = True
        both: NDArray[np.bool_] = on | on.T
        return both[source, target]
