"""What a model of crystals gets to see: a noised copy, or the composition alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch_geometric.data import Batch

from pyg_energyloss.experiments.crystals.spec import STRAIN, CrystalSpec


class CrystalTask(Protocol):
    """Adds ``input_pos``, ``input_cell`` and ``cell_known`` to a batch."""

    #: Noise levels at which a test is made, in Å; empty if the task has none.
    levels: tuple[float, ...]

    def prepare(
        self, batch: Batch, generator: torch.Generator, *, level: float | None = None
    ) -> Batch:
        """Return the batch with new inputs; ``level`` fixes the noise level."""
        ...


class Denoise:
    """Predict a crystal from a copy with noise on every atom, wrapped into the cell.

    The noised copy says which site is which, so that there is one right answer.

    Args:
        levels: Standard deviations of the noise in Å at which tests are made; training draws
            log-uniformly between the smallest and the largest.
        lattice_given: Otherwise the copy is strained too, and the lattice to be predicted.
    """

    def __init__(self, levels: Sequence[float], *, lattice_given: bool = True) -> None:
        self.levels, self.lattice_given = tuple(sorted(levels)), lattice_given

    def prepare(
        self, batch: Batch, generator: torch.Generator, *, level: float | None = None
    ) -> Batch:
        """Strain, add noise of the level or of one drawn per crystal, wrap."""
        count, device = batch.num_graphs, batch.pos.device
        low, high = torch.tensor([self.levels[0], self.levels[-1]], device=device).log()
        sigma = torch.full((count,), level or 0.0, device=device)
        if level is None:
            drawn = torch.rand(count, generator=generator, device=device)
            sigma = (low + drawn * (high - low)).exp()
        pos, cell = batch.pos, batch.cell
        if not self.lattice_given:
            strain = torch.randn(count, 3, 3, generator=generator, device=device)
            strain = STRAIN * sigma[:, None, None] * (strain + strain.mT) / 2
            change = (torch.eye(3, device=device) + strain.clamp(-0.4, 0.4)).to(cell)
            cell = cell @ change
            pos = _combined(pos, change[batch.batch])
        noise = torch.randn(pos.shape, generator=generator, device=device)
        noised = pos + (sigma[batch.batch, None] * noise).to(pos)
        batch.input_pos = _wrapped(noised, cell, batch)
        batch.input_cell, batch.noise_level = cell, sigma
        batch.cell_known = self.lattice_given
        return batch


class Composition:
    """Predict a crystal from its elements; the atoms start anywhere in the cell.

    Sites of one element are told apart by their order in the file alone (``data.site``), and the
    origin is that of the file: right answers are many, the data show one of them.

    Args:
        lattice_given: Otherwise the cell starts as a cube of ``volume`` for each atom.
        volume: In Å³.
    """

    levels: tuple[float, ...] = ()

    def __init__(self, *, lattice_given: bool = True, volume: float = 12.0) -> None:
        self.lattice_given, self.volume = lattice_given, volume

    def prepare(
        self, batch: Batch, generator: torch.Generator, *, level: float | None = None
    ) -> Batch:
        """Draw where the atoms start."""
        if level is not None:
            raise ValueError(f"the task composition has no noise level, got `level`={level}")
        cell = batch.cell
        if not self.lattice_given:
            edge = (self.volume * batch.ptr.diff().to(cell.dtype)) ** (1 / 3)
            cell = edge[:, None, None] * torch.eye(3, device=cell.device)
        drawn = torch.rand(batch.pos.shape, generator=generator, device=cell.device).to(cell)
        batch.input_pos = _combined(drawn, cell[batch.batch])
        batch.input_cell, batch.cell_known = cell, self.lattice_given
        return batch


def make_task(spec: CrystalSpec, volume: float) -> CrystalTask:
    """The task of a run; ``volume`` is that of an atom of the training crystals, in Å³."""
    given = spec.lattice == "given"
    if spec.task == "denoise":
        return Denoise(spec.levels, lattice_given=given)
    return Composition(lattice_given=given, volume=volume)


def _wrapped(pos: Tensor, cell: Tensor, batch: Batch) -> Tensor:
    """Positions moved into the cell."""
    fraction = _combined(pos, torch.linalg.inv(cell)[batch.batch])
    return pos - _combined(fraction.floor(), cell[batch.batch])


def _combined(factor: Tensor, vectors: Tensor) -> Tensor:
    return (factor[:, :, None] * vectors).sum(dim=1)
