"""The rigid backbone alone: tight lateration, the same edges at every draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss import loops
from pyg_energyloss.rigidity.lateration import laterate
from pyg_energyloss.samplers.base import EdgeSampler
from pyg_energyloss.samplers.crystals.periodic import periodic_backbone
from pyg_energyloss.samplers.sample import Lattice, PairSample


class LaterationEdges(EdgeSampler):
    """At most dim + 1 edges per atom that make the structure universally rigid where it stands.

    Nothing is random: it is the smallest graph here with the guarantee, meant for a fixed
    ``pre_transform`` and for comparison. Fixed sparse graphs are soft; training wants `Backbone`.

    Example:
        >>> import numpy as np
        >>> pos = np.random.default_rng(0).normal(size=(50, 3))
        >>> LaterationEdges().sample(pos, np.random.default_rng(0)).pairs.shape
        (2, 190)
    """

    def sample(
        self,
        pos: NDArray[np.floating],
        rng: np.random.Generator,
        *,
        bonds: NDArray[np.int64] | None = None,
        lattice: Lattice | None = None,
    ) -> PairSample:
        """The lateration edges with weight 1; see `EdgeSampler.sample`."""
        del rng, bonds
        if lattice is not None:
            return periodic_backbone(np.asarray(pos, np.float64), lattice, near=0)
        pairs = laterate(pos).pairs
        return PairSample(pairs, np.ones(pairs.shape[1]))

    def _sample_flat(
        self, points: NDArray[np.float64], bounds: NDArray[np.int64], rng: np.random.Generator
    ) -> PairSample:
        if not loops.available():
            return super()._sample_flat(points, bounds, rng)
        from pyg_energyloss.rigidity.lateration_flat import laterate_flat

        pairs = laterate_flat(points, bounds)
        return PairSample(pairs, np.ones(pairs.shape[1]))
