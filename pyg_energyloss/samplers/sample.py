"""What samplers give and take: pairs of one structure, its lattice, atoms per structure."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Lattice(NamedTuple):
    """Fixed cell of a periodic structure: rows of ``cell`` are vectors, ``pbc`` which repeat."""

    cell: NDArray[np.float64]
    pbc: tuple[bool, ...]

    @classmethod
    def of(cls, cell: NDArray[np.float64], pbc: NDArray[np.bool_]) -> Lattice | None:
        """The lattice of a structure, None if it does not repeat."""
        flags = tuple(bool(flag) for flag in pbc)
        return cls(cell, flags) if any(flags) else None


class PairSample(NamedTuple):
    """Pairs of one structure, each stored once.

    ``pairs`` [2, num_pairs] (int64); ``weight`` [num_pairs], one over the probability that the pair
    is drawn, so 1 for a pair that is always there; ``shift`` [num_pairs, dim], for periodic
    structures only: the pair vector is ``pos[j] - pos[i] + shift @ cell``. A sampler that leaves it
    out for a periodic structure means the nearest image.
    """

    pairs: NDArray[np.int64]
    weight: NDArray[np.float64]
    shift: NDArray[np.int64] | None = None

    def select(self, chosen: NDArray[Any], weight: NDArray[np.float64]) -> PairSample:
        """Some of the pairs, with new weights."""
        shift = None if self.shift is None else self.shift[chosen]
        return PairSample(self.pairs[:, chosen], weight, shift)

    def joined(self, other: PairSample) -> PairSample:
        """Both sets of pairs, of the same structure."""
        shift = None
        if self.shift is not None and other.shift is not None:
            shift = np.concatenate([self.shift, other.shift])
        return PairSample(
            np.concatenate([self.pairs, other.pairs], axis=1),
            np.concatenate([self.weight, other.weight]),
            shift,
        )


def numpy_generator(generator: torch.Generator) -> np.random.Generator:
    """A numpy generator seeded by a draw of a torch one."""
    word = torch.randint(2**62, (1,), generator=generator, device=generator.device)
    return np.random.default_rng(int(word))


def weight_dtype(pos: Tensor) -> torch.dtype:
    """Weights up to n² / 2 need at least single precision."""
    return torch.promote_types(pos.dtype, torch.float32)


def node_counts(pos: Tensor, batch: Tensor | None, num_graphs: int | None) -> Tensor:
    """Atoms per structure [num_graphs]; without ``batch`` all atoms are one structure.

    Raises:
        ValueError: ``batch`` does not fit ``pos``.
    """
    if batch is None:
        return torch.tensor([len(pos)], device=pos.device)
    if batch.shape != pos.shape[:1]:
        raise ValueError(
            f"`batch` must have shape [num_nodes] = ({len(pos)},), got {tuple(batch.shape)}"
        )
    return torch.bincount(batch, minlength=num_graphs or 0)


def node_bounds(counts: Tensor) -> NDArray[np.int64]:
    """First node of each structure and the end [num_graphs + 1]."""
    bounds = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts.numpy(force=True), out=bounds[1:])
    return bounds
