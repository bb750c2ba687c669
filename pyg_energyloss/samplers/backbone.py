"""The default: an always-on rigid backbone and far pairs redrawn with importance weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pyg_energyloss import loops
from pyg_energyloss.rigidity.frame import check_finite
from pyg_energyloss.rigidity.lateration import laterate
from pyg_energyloss.rigidity.lateration_batch import laterate_batch
from pyg_energyloss.samplers import kernels
from pyg_energyloss.samplers.base import EdgeSampler
from pyg_energyloss.samplers.complete import all_pairs, all_pairs_batch
from pyg_energyloss.samplers.crystals.periodic import image_distance, image_pairs, nearest_pairs
from pyg_energyloss.samplers.crystals.periodic_growth import rigid_images
from pyg_energyloss.samplers.far import (
    DENSE_LIMIT,
    MIN_FAR_PER_ATOM,
    draw_dense,
    draw_sparse,
    far_budget,
)
from pyg_energyloss.samplers.far_batch import draw_batch, pair_number_batch
from pyg_energyloss.samplers.importance import Importance, Score, inclusion_probability
from pyg_energyloss.samplers.sample import (
    Lattice,
    PairSample,
    node_bounds,
    numpy_generator,
    weight_dtype,
)

_BATCH_LIMIT = 2048


class Backbone(EdgeSampler):
    """Near pairs and tight lateration always, far pairs redrawn with weights 1 / probability.

    Small structures get the complete graph. For the others, every single draw is universally rigid
    at the true placement: its zero-energy structures are the true one and its images, nothing else.
    And the mean over draws of the energy, and of its gradient, is that of the complete graph.

    Of a periodic structure the pairs are all images within a cutoff, and the mean is the energy of
    `functional.crystal_energy`. The backbone fixes the atoms to each other and to the lattice;
    where the images within the cutoff do not allow it, all of them are kept.

    Args:
        dim: dimension of space.
        complete_below: structures of at most this many atoms get all pairs.
        near: nearest neighbours that are always joined.
        edges_per_atom: mean number of pairs over number of atoms; what the backbone leaves of it
            goes to far pairs, half a pair per atom at the least.
        importance: score of far pairs by distance, best that of the loss's stiffness.
        floor: share of the far pairs that is drawn evenly.
        cutoff: of periodic structures, see `functional.crystal_springs`.
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
        cutoff: float | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(dim=dim, seed=seed)
        if not 0.0 < floor <= 1.0:
            raise ValueError(f"`floor` must lie in (0, 1], got {floor}")
        if edges_per_atom <= 0:
            raise ValueError(f"`edges_per_atom` must be positive, got {edges_per_atom}")
        if near < 0:
            raise ValueError(f"`near` must be at least 0, got {near}")
        self.complete_below = complete_below
        self.near = near
        self.edges_per_atom = edges_per_atom
        self.importance = Importance(importance)
        self.floor = floor
        self.cutoff = cutoff

    def sample(
        self,
        pos: NDArray[np.floating],
        rng: np.random.Generator,
        *,
        bonds: NDArray[np.int64] | None = None,
        lattice: Lattice | None = None,
    ) -> PairSample:
        """Draw the pairs of one structure; see `EdgeSampler.sample`."""
        del bonds
        num_nodes = len(pos)
        complete = num_nodes <= max(self.complete_below, self.dim + 1)
        points: NDArray[np.float64] = np.asarray(pos, dtype=np.float64)
        check_finite(points)
        if lattice is not None:
            return self._periodic(points, lattice, rng, complete=complete)
        if complete:
            return all_pairs(num_nodes)
        if num_nodes <= DENSE_LIMIT and loops.available():
            bounds, start = np.array([0, num_nodes]), rng.random(num_nodes)
            return PairSample(*self._draw_flat(points, bounds, np.array([kernels.DRAWN]), start))
        frame = laterate(points, near=self.near)
        near = np.stack([np.repeat(frame.order, frame.near.shape[1]), frame.near.ravel()])
        always = np.concatenate([frame.pairs, near], axis=1)
        options: dict[str, Any] = {"importance": self.importance, "floor": self.floor, "rng": rng}
        expected = self.edges_per_atom * num_nodes
        if num_nodes <= DENSE_LIMIT:
            return draw_dense(points, always, expected, **options)
        return draw_sparse(points, always, expected, **options, tree=frame.tree)

    def _periodic(
        self,
        points: NDArray[np.float64],
        lattice: Lattice,
        rng: np.random.Generator,
        *,
        complete: bool,
    ) -> PairSample:
        num_nodes = len(points)
        every = image_pairs(points, lattice, cutoff=self.cutoff)
        sure = None if complete else rigid_images(points, every, lattice)
        if sure is None:
            return every
        length = image_distance(points, every, lattice)
        sure |= nearest_pairs(every.pairs, length, self.near)
        left = self.edges_per_atom * num_nodes - np.count_nonzero(sure)
        chance = np.ones(len(sure))
        chance[~sure] = inclusion_probability(
            self.importance.numpy(length[~sure]), far_budget(left, num_nodes), floor=self.floor
        )
        drawn = rng.random(len(chance)) < chance
        return every.select(drawn, 1.0 / chance[drawn])

    def _draw(
        self, pos: Tensor, counts: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        large = counts > max(self.complete_below, self.dim + 1)
        if not bool(large.any()):
            edges = all_pairs_batch(counts)
            return edges, pos.new_ones(edges.shape[1], dtype=weight_dtype(pos))
        if pos.device.type == "cpu" and loops.available():
            return self._draw_compiled(pos, counts, large, generator)
        return self._draw_on_device(pos, counts, large, generator)

    def _draw_flat(
        self,
        points: NDArray[np.float64],
        bounds: NDArray[np.int64],
        fate: NDArray[np.int64],
        start: NDArray[np.float64],
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Pairs of structures, each once, by compiled loops; see `kernels.draw`."""
        from pyg_energyloss.rigidity.lateration_flat import laterate_flat

        always = laterate_flat(points, bounds, fate == kernels.DRAWN, near=self.near)
        sure, distance = loops.compiled(kernels.measure)(points, bounds, fate, always)
        score = np.array(self.importance.numpy(distance), np.float64, order="C")
        found: tuple[NDArray[np.int64], NDArray[np.float64]] = loops.compiled(kernels.draw)(
            bounds, fate, sure, score, start, self.edges_per_atom, MIN_FAR_PER_ATOM, self.floor
        )
        return found

    def _draw_compiled(
        self, pos: Tensor, counts: Tensor, large: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """All structures in one pass, but those of more than 512 atoms one by one."""
        points = np.ascontiguousarray(pos.detach().double().numpy())
        bounds = node_bounds(counts)
        fate = np.where(large.numpy(), kernels.DRAWN, kernels.COMPLETE)
        alone = np.flatnonzero((fate == kernels.DRAWN) & (np.diff(bounds) > DENSE_LIMIT))
        fate[alone] = kernels.LEFT_OUT
        start = torch.rand(len(pos), dtype=torch.float64, generator=generator).numpy()
        found = PairSample(*self._draw_flat(points, bounds, fate, start))
        if len(alone):
            rng = numpy_generator(generator)
            for graph in alone:
                drawn = self.sample(points[bounds[graph] : bounds[graph + 1]], rng)
                found = found.joined(drawn._replace(pairs=drawn.pairs + bounds[graph]))
        pairs, weight = torch.from_numpy(found.pairs), torch.from_numpy(found.weight)
        return torch.cat([pairs, pairs.flip(0)], dim=1), weight.to(weight_dtype(pos)).repeat(2)

    def _draw_on_device(
        self, pos: Tensor, counts: Tensor, large: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """All structures at once; those of a batch with more than 2048 atoms one by one."""
        if int(counts.max()) > _BATCH_LIMIT:
            return super()._draw(pos, counts, generator)
        points = pos.detach().double()
        graph = torch.repeat_interleave(counts)
        chosen = torch.nonzero(large[graph])[:, 0]
        compact = (large.cumsum(0) - 1)[graph[chosen]]
        fixed = laterate_batch(points[chosen], compact, counts[large], near=self.near)
        whole = torch.nonzero(~large[torch.repeat_interleave(counts * (counts - 1) // 2)])[:, 0]
        always = torch.cat([pair_number_batch(chosen[fixed], counts), whole])
        pairs, weight = draw_batch(
            points,
            counts,
            always,
            self.edges_per_atom * counts.double(),
            importance=self.importance,
            floor=self.floor,
            generator=generator,
        )
        return torch.cat([pairs, pairs.flip(0)], dim=1), weight.to(weight_dtype(pos)).repeat(2)
