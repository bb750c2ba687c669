"""What an edge sampler is: pairs of one structure, or of a whole batch on its device."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pyg_energyloss.samplers.sample import (
    Lattice,
    PairSample,
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
        seed: seed of the draws made without a generator; None follows ``torch.manual_seed``
            (the global generator is read for its seed, never advanced).
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
    ) -> tuple[Tensor, Tensor]:
        """Draw the edges of every structure of a batch.

        This general version visits the structures one by one on the CPU; samplers with a
        vectorised draw override it.

        Args:
            pos: target positions [num_nodes, dim].
            batch: structure of each node [num_nodes], sorted; None means one structure.
            num_graphs: number of structures; None reads it from ``batch``.
            generator: source of the draw, on the device of ``pos``; None uses the sampler's own.

        Returns:
            ``edge_index`` [2, num_edges], both directions of every pair, and ``edge_weight``
            [num_edges] in the dtype of ``pos``, or float32 if that is shorter.
        """
        if generator is None:
            generator = self._stream.generator(pos.device)
        rng = numpy_generator(generator)
        points = pos.detach().cpu().double().numpy()
        counts = node_counts(pos, batch, num_graphs).cpu().numpy()
        bounds = np.concatenate([[0], np.cumsum(counts)])
        pairs, weights = [np.empty((2, 0), np.int64)], [np.empty(0)]
        for start, stop in pairwise(bounds):
            drawn = self.sample(points[start:stop], rng)
            pairs.append(drawn.pairs + start)
            weights.append(drawn.weight)
        both = torch.from_numpy(np.concatenate(pairs, axis=1)).to(pos.device)
        weight = torch.from_numpy(np.concatenate(weights)).to(pos.device, weight_dtype(pos))
        return torch.cat([both, both.flip(0)], dim=1), weight.repeat(2)

    def __call__(self, data: Any) -> tuple[Tensor, ...]:
        """Draw the edges of a PyG batch from its target positions; what the loss calls.

        Returns:
            ``edge_index`` and ``edge_weight`` as `sample_batch`; for periodic structures
            (``data.cell`` and ``data.pbc``), which are visited one by one, also ``edge_shift``
            [num_edges, dim]: the pair vector is ``pos[j] - pos[i] + shift @ cell``.
        """
        batch, num_graphs = getattr(data, "batch", None), getattr(data, "num_graphs", None)
        cell, pbc = getattr(data, "cell", None), getattr(data, "pbc", None)
        if cell is None or pbc is None or not bool(torch.as_tensor(pbc).any()):
            return self.sample_batch(data.pos, batch, num_graphs=num_graphs)
        from pyg_energyloss.samplers.periodic_batch import draw_periodic_batch

        generator = self._stream.generator(data.pos.device)
        return draw_periodic_batch(
            self, data.pos, batch, cell, torch.as_tensor(pbc), generator=generator
        )

    def __repr__(self) -> str:
        """The class and its public options, which PyG compares for ``pre_transform``."""
        options = {k: v for k, v in vars(self).items() if not k.startswith("_")}
        inside = ", ".join(f"{k}={v!r}" for k, v in sorted(options.items()))
        return f"{type(self).__name__}({inside})"
