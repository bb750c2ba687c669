"""What an edge sampler is: pairs of one structure, or of a whole batch on its device."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pyg_energyloss.functional.crystals.lattice import periodic_cell
from pyg_energyloss.samplers.crystals.periodic import nearest_image
from pyg_energyloss.samplers.sample import (
    Lattice,
    PairSample,
    node_bounds,
    node_counts,
    numpy_generator,
    weight_dtype,
)
from pyg_energyloss.samplers.streams import TorchStream


class EdgeSampler(ABC):
    """Chooses which pairs of a structure carry a spring, and with which importance weight.

    Two faces. `sample` serves the data loader: one structure, numpy, fast for small ones.
    `sample_batch` serves the loss: all structures of a batch at once, torch, on the device::

        edge_index, edge_weight = sampler.sample_batch(pos_target, batch, num_graphs=num_graphs)
        energy = pair_energy(pos_pred, pos_target, edge_index, edge_weight=edge_weight, ...)

    ``PairEnergyLoss(edges=sampler)`` calls ``sampler(data)``, which does that, on every call. Any
    such callable will do there; any object with this `sample` will do in `RigidEdgeTransform`.

    Args:
        dim: dimension of space; structures are ``pos`` [num_nodes, dim].
        seed: seed of the draws made without a generator; None takes that of ``torch.manual_seed``.
            The global generator is read for its seed, never advanced: another seed begins the
            stream anew, the same seed once more does not; `restart` does.
    """

    def __init__(self, *, dim: int = 3, seed: int | None = None) -> None:
        if dim < 1:
            raise ValueError(f"`dim` must be at least 1, got {dim}")
        self.dim = dim
        self.seed = seed
        self._stream = TorchStream(seed)

    @abstractmethod
    def sample(
        self,
        pos: NDArray[np.floating],
        rng: np.random.Generator,
        *,
        bonds: NDArray[np.int64] | None = None,
        lattice: Lattice | None = None,
    ) -> PairSample:
        """Draw the pairs of one structure.

        Args:
            pos: positions [num_nodes, dim], Å.
            rng: source of the draw.
            bonds: chemical bonds [2, num_bonds], either direction or both; only some samplers look.
            lattice: the cell of a periodic structure.

        Returns:
            The pairs, each once, with their weights.
        """

    def sample_batch(
        self,
        pos: Tensor,
        batch: Tensor | None = None,
        *,
        num_graphs: int | None = None,
        generator: torch.Generator | None = None,
        present: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Draw the edges of every structure of a batch.

        Args:
            pos: target positions [num_nodes, dim].
            batch: structure of each node [num_nodes], in any order; None means one structure.
            num_graphs: number of structures; None reads it from ``batch``.
            generator: source of the draw, on the device of ``pos``; None uses the sampler's own.
            present: nodes that are there [num_nodes], bool; the others get no edge, as if they had
                been left out of the structures. None means all.

        Returns:
            ``edge_index`` [2, num_edges], both directions of every pair, and ``edge_weight``
            [num_edges] in the dtype of ``pos``, or float32 if that is shorter.

        Raises:
            ValueError: ``batch`` or ``present`` does not fit ``pos``, or positions are not finite.
        """
        counts = node_counts(pos, batch, num_graphs)
        node = _in_order(pos, batch, present)
        if node is not None:
            pos = pos[node]
            counts = node_counts(pos, None if batch is None else batch[node], len(counts))
        if not bool(torch.isfinite(pos).all()):
            raise ValueError("`pos` must be finite, got NaN or infinity in the true positions")
        if generator is None:
            generator = self._stream.generator(pos.device)
        edges, weight = self._draw(pos, counts, generator)
        return (edges if node is None else node[edges]), weight

    def _draw(
        self, pos: Tensor, counts: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Edges and weights of structures that follow one another, ``counts`` [num_graphs] long.

        This general version draws on the CPU.
        """
        points = np.ascontiguousarray(pos.detach().cpu().double().numpy())
        drawn = self._sample_flat(points, node_bounds(counts), numpy_generator(generator))
        pairs = torch.from_numpy(drawn.pairs).to(pos.device)
        weight = torch.from_numpy(drawn.weight).to(pos.device, weight_dtype(pos))
        return torch.cat([pairs, pairs.flip(0)], dim=1), weight.repeat(2)

    def _sample_flat(
        self, points: NDArray[np.float64], bounds: NDArray[np.int64], rng: np.random.Generator
    ) -> PairSample:
        """Pairs of structures that follow one another, ``bounds`` [num_graphs + 1] apart.

        This general version visits them one by one; those with one pass for all override it.
        """
        drawn = [PairSample(np.empty((2, 0), np.int64), np.empty(0))]
        for start, stop in pairwise(bounds):
            one = self.sample(points[start:stop], rng)
            drawn.append(PairSample(one.pairs + start, one.weight))
        return PairSample(
            np.concatenate([one.pairs for one in drawn], axis=1),
            np.concatenate([one.weight for one in drawn]),
        )

    def __call__(self, data: Any) -> tuple[Tensor, ...]:
        """Draw the edges of a PyG batch from its target positions; what the loss calls.

        Nodes that ``data.pos_mask`` leaves out get no edge.

        Returns:
            ``edge_index`` and ``edge_weight`` as `sample_batch`; for periodic structures (see
            `periodic_cell`), which are visited one by one, also ``edge_shift`` [num_edges, dim]:
            the pair vector is ``pos[j] - pos[i] + shift @ cell``.
        """
        batch, num_graphs = getattr(data, "batch", None), getattr(data, "num_graphs", None)
        present = getattr(data, "pos_mask", None)
        counts = node_counts(data.pos, batch, num_graphs)
        lattice = periodic_cell(data, len(counts), data.pos.shape[1])
        if lattice is None or not bool(lattice[1].any()):
            return self.sample_batch(data.pos, batch, num_graphs=num_graphs, present=present)
        return self._draw_periodic(data.pos, batch, len(counts), lattice, present)

    def _draw_periodic(
        self,
        pos: Tensor,
        batch: Tensor | None,
        num_graphs: int,
        lattice: tuple[Tensor, Tensor],
        present: Tensor | None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        rng = numpy_generator(self._stream.generator(pos.device))
        dim = pos.shape[1]
        node = _in_order(pos, batch, present)
        node = torch.arange(len(pos), device=pos.device) if node is None else node
        counts = node_counts(pos[node], None if batch is None else batch[node], num_graphs)
        points = pos.detach().cpu().double().numpy()
        cells, flags = lattice[0].detach().cpu().double().numpy(), lattice[1].cpu().numpy()
        bounds = node_bounds(counts)
        order = node.cpu().numpy()
        whole = PairSample(np.empty((2, 0), np.int64), np.empty(0), np.empty((0, dim), np.int64))
        for graph, (start, stop) in enumerate(pairwise(bounds)):
            mine = order[start:stop]
            drawn = self.sample_images(points[mine], rng, Lattice.of(cells[graph], flags[graph]))
            whole = whole.joined(drawn._replace(pairs=mine[drawn.pairs]))
        edges = torch.from_numpy(whole.pairs).to(pos.device)
        weight = torch.from_numpy(whole.weight).to(pos.device, weight_dtype(pos))
        shifts = torch.from_numpy(np.asarray(whole.shift)).to(pos.device)
        return (
            torch.cat([edges, edges.flip(0)], dim=1),
            weight.repeat(2),
            torch.cat([shifts, -shifts]),
        )

    def sample_images(
        self,
        pos: NDArray[np.floating],
        rng: np.random.Generator,
        lattice: Lattice | None,
        *,
        bonds: NDArray[np.int64] | None = None,
    ) -> PairSample:
        """Draw as `sample`, always with shifts: nearest images where the sampler says nothing."""
        drawn = self.sample(pos, rng, bonds=bonds, lattice=lattice)
        if drawn.shift is not None:
            return drawn
        shift = np.zeros((drawn.pairs.shape[1], pos.shape[1]), np.int64)
        if lattice is not None:
            shift = nearest_image(pos, drawn.pairs, lattice)
        return drawn._replace(shift=shift)

    def restart(self) -> None:
        """Begin the stream of draws anew, as after a change of the seed."""
        self._stream.restart()

    def __repr__(self) -> str:
        """The class and its public options, which PyG compares for ``pre_transform``."""
        options = {k: v for k, v in vars(self).items() if not k.startswith("_")}
        inside = ", ".join(f"{k}={v!r}" for k, v in sorted(options.items()))
        return f"{type(self).__name__}({inside})"


def _in_order(pos: Tensor, batch: Tensor | None, present: Tensor | None) -> Tensor | None:
    """The nodes that are there, structure by structure; None if that is all of them as they are."""
    if present is not None and present.shape != pos.shape[:1]:
        raise ValueError(
            f"`present` must have shape [num_nodes] = ({len(pos)},), got {tuple(present.shape)}"
        )
    node = None if present is None or bool(present.all()) else torch.nonzero(present)[:, 0]
    if batch is None:
        return node
    graph = batch if node is None else batch[node]
    if bool((graph[1:] >= graph[:-1]).all()):
        return node
    order = torch.argsort(graph, stable=True)
    return order if node is None else node[order]
