"""Pairs within a cutoff."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.samplers import EdgeSampler, Lattice, PairSample


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
