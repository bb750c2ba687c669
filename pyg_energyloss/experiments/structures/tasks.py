"""What a model is asked to do: which input it gets, which structure is the target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch_geometric.data import Batch

from pyg_energyloss.experiments.structures.spec import LEVELS, StructureSpec
from pyg_energyloss.generative.rotations import random_rotations
from pyg_energyloss.models.preconditioning import graph_mean


class Task(Protocol):
    """Adds ``input_pos`` to a batch and sets its target ``pos``."""

    #: Noise levels at which a test is made, in Å; empty if the task has none.
    levels: tuple[float, ...]

    def prepare(
        self, batch: Batch, generator: torch.Generator, *, level: float | None = None
    ) -> Batch:
        """Return the batch with new inputs; ``level`` fixes the noise level."""
        ...


class Geometry:
    """Predict the 3D structure from the molecular graph; the target is randomly rotated.

    The input coordinates are pure noise: they break the symmetry between equivalent atoms and carry
    no other information. This is the symmetry-breaking setting of arXiv 2511.02087, section 5.
    """

    levels: tuple[float, ...] = ()

    def prepare(
        self, batch: Batch, generator: torch.Generator, *, level: float | None = None
    ) -> Batch:
        """Rotate the target at random and draw noise for the input."""
        if level is not None:
            raise ValueError(f"the task geometry has no noise level, got `level`={level}")
        batch.pos = _rotated(batch, generator)
        batch.input_pos = _noise(batch.pos, generator)
        return batch


class Denoise:
    """Predict the structure from a noised copy of it, in the same random orientation.

    Args:
        levels: Standard deviations of the noise in Å at which tests are made; training draws
            log-uniformly between the smallest and the largest.

    Raises:
        ValueError: a level is not positive, or there is none.
    """

    def __init__(self, levels: Sequence[float] = LEVELS) -> None:
        if not levels or min(levels) <= 0:
            raise ValueError(f"`levels` must be positive noise levels in Å, got {list(levels)}")
        self.levels = tuple(sorted(levels))

    def prepare(
        self, batch: Batch, generator: torch.Generator, *, level: float | None = None
    ) -> Batch:
        """Rotate the structure and add noise of the level, or of one drawn per graph."""
        batch.pos = _rotated(batch, generator)
        low, high = torch.tensor([self.levels[0], self.levels[-1]], device=batch.pos.device).log()
        if level is None:
            uniform = torch.rand(batch.num_graphs, generator=generator, device=batch.pos.device)
            sigma = (low + uniform * (high - low)).exp()
        else:
            sigma = torch.full((batch.num_graphs,), level, device=batch.pos.device)
        batch.noise_level = sigma
        noise = sigma[batch.batch].unsqueeze(-1) * _noise(batch.pos, generator)
        batch.input_pos = batch.pos + _centred(noise, batch)
        return batch


def make_task(spec: StructureSpec) -> Task:
    """The task of a run."""
    return Denoise(spec.levels) if spec.task == "denoise" else Geometry()


def _rotated(batch: Batch, generator: torch.Generator) -> Tensor:
    rotation = random_rotations(batch.num_graphs, generator=generator, dtype=batch.pos.dtype)
    centred = _centred(batch.pos, batch)
    return torch.einsum("nij,nj->ni", rotation[batch.batch], centred)


def _noise(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)


def _centred(x: Tensor, batch: Batch) -> Tensor:
    return x - graph_mean(x, batch)[batch.batch]
