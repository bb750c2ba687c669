"""Chemical neighbourhoods, completed to rigidity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pyg_energyloss.rigidity.lateration import laterate
from pyg_energyloss.samplers.base import EdgeSampler
from pyg_energyloss.samplers.crystals.periodic import periodic_backbone
from pyg_energyloss.samplers.far import pair_number, unnumber
from pyg_energyloss.samplers.sample import Lattice, PairSample


class BondEdges(EdgeSampler):
    """Pairs at most ``hops`` bonds apart, and the lateration edges that they lack, weight 1.

    Bonds, 1-3 and 1-4 pairs alone leave a third of drug-like molecules flexible (98 % without the
    1-4 pairs); with the lateration every structure is universally rigid.

    Args:
        dim: dimension of space.
        hops: 1 for bonds, 2 with 1-3 pairs, 3 with 1-4 pairs.
        complete_rigidity: add the lateration edges.
        seed: unused by the draw, as there is none.

    Example:
        >>> import numpy as np
        >>> chain = np.array([[0, 1, 2, 3], [1, 2, 3, 4]])
        >>> sampler = BondEdges(hops=2, complete_rigidity=False)
        >>> pos = np.random.default_rng(0).normal(size=(5, 3))
        >>> sampler.sample(pos, np.random.default_rng(0), bonds=chain).pairs.shape
        (2, 7)
    """

    def __init__(
        self,
        *,
        dim: int = 3,
        hops: int = 3,
        complete_rigidity: bool = True,
        seed: int | None = None,
    ) -> None:
        super().__init__(dim=dim, seed=seed)
        if hops < 1:
            raise ValueError(f"`hops` must be at least 1, got {hops}")
        self.hops = hops
        self.complete_rigidity = complete_rigidity

    def sample(
        self,
        pos: NDArray[np.floating],
        rng: np.random.Generator,
        *,
        bonds: NDArray[np.int64] | None = None,
        lattice: Lattice | None = None,
    ) -> PairSample:
        """The pairs along bonds; see `EdgeSampler.sample`.

        Raises:
            ValueError: no bonds were given.
        """
        del rng
        if bonds is None:
            raise ValueError(
                "`bonds` are needed by the sampler 'bonds': put them into `data.edge_index`, or "
                "use 'backbone', which goes by distance"
            )
        num_nodes = len(pos)
        pairs = pairs_within_hops(bonds, num_nodes, self.hops)
        if lattice is None and self.complete_rigidity:
            pairs = np.concatenate([pairs, laterate(pos).pairs], axis=1)
        pairs = unnumber(np.unique(pair_number(pairs, num_nodes)), num_nodes)
        found = PairSample(pairs, np.ones(pairs.shape[1]))
        if lattice is None:
            return found
        from pyg_energyloss.samplers.crystals.periodic import nearest_image, without

        points = np.asarray(pos, np.float64)
        found = found._replace(shift=nearest_image(points, pairs, lattice))
        if not self.complete_rigidity:
            return found
        bone = periodic_backbone(points, lattice, near=0)
        return bone.joined(without(found, bone))


def pairs_within_hops(bonds: NDArray[np.int64], num_nodes: int, hops: int) -> NDArray[np.int64]:
    """Pairs i < j joined by a path of at most ``hops`` bonds [2, num_pairs]."""
    ones = np.ones(bonds.shape[1])
    step = csr_array((ones, (bonds[0], bonds[1])), shape=(num_nodes, num_nodes))
    step = step + step.T
    reach = step
    for _ in range(hops - 1):
        reach = reach + reach @ step
        reach.data[:] = 1.0
    row, column = reach.nonzero()
    once = row < column
    return np.stack([row[once], column[once]]).astype(np.int64)
