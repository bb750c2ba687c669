"""Predicted crystals as pictures: the cell, its atoms and their images on its faces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise, product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import Batch, Data

from pyg_energyloss.data.elements import formula
from pyg_energyloss.experiments.plots import structure
from pyg_energyloss.functional import unwrap
from pyg_energyloss.functional.crystals.carried import carried
from pyg_energyloss.losses import PairEnergyLoss
from pyg_energyloss.metrics.crystals import distance_errors, lattice_errors
from pyg_energyloss.report.kinds.structures import Structure

#: Crystals that a run keeps.
KEPT = 6
#: Atoms are joined up to so many times the distance of the nearest neighbour of either.
BOND = 1.2
#: Atoms this near a face, in lattice vectors, are drawn on the opposite one too.
FACE = 0.1

Arrays = dict[str, NDArray[Any]]
#: Atom of each drawn image, and where it is in lattice vectors.
Drawn = tuple[NDArray[np.int64], NDArray[np.float64]]


def kept(pos: Tensor, cell: Tensor | None, batch: Batch) -> Arrays:
    """The first crystals as arrays: predicted positions and cells beside the true ones."""
    count = min(KEPT, batch.num_graphs)
    atoms = int(batch.ptr[count])
    values = {
        "ptr": batch.ptr[: count + 1],
        "z": batch.z[:atoms],
        "pos_pred": pos[:atoms],
        "pos_true": batch.pos[:atoms],
        "cell_pred": (batch.cell if cell is None else cell)[:count],
        "cell_true": batch.cell[:count],
    }
    return {name: value.detach().cpu().numpy() for name, value in values.items()}


def pictures(arrays: Mapping[str, NDArray[Any]]) -> Iterator[tuple[Structure, Structure | None]]:
    """The true and the predicted crystal, None where that is not finite or has no volume."""
    for index, (start, stop) in enumerate(pairwise(arrays["ptr"])):
        pos, true = (
            torch.from_numpy(arrays[name][start:stop].astype(float))
            for name in ("pos_pred", "pos_true")
        )
        guess, cell = (
            torch.from_numpy(arrays[name][index : index + 1].astype(float))
            for name in ("cell_pred", "cell_true")
        )
        z = arrays["z"][start:stop]
        drawn = _in_the_cell(true, cell)
        real = _structure(f"{formula(z)} (test crystal {index + 1})", z, drawn, cell)
        real["bonds"] = _bonds(real)
        predicted = None
        if pos.isfinite().all() and guess.isfinite().all() and guess.det().abs() > 0:
            predicted = _prediction(pos, guess, Data(pos=true, cell=cell, z=z), drawn)
            predicted["bonds"] = real["bonds"]
        yield real, predicted


def _prediction(pos: Tensor, guess: Tensor, data: Data, drawn: Drawn) -> Structure:
    """The predicted crystal, turned and moved to the true one, the same images drawn."""
    atom, fraction = drawn
    inside = unwrap(carried(pos, guess, data.cell), data.pos, data.cell)
    inverse = torch.linalg.inv(data.cell[0])
    away = (inside - data.pos) @ inverse
    # The change of the cell without its rotation, which no energy sees.
    left, stretch, _ = torch.linalg.svd(inverse @ guess[0])
    cell = data.cell @ (left * stretch) @ left.mT
    moved = fraction + (away - away.mean(dim=0)).numpy()[atom]
    found = _structure("", data.z, (atom, moved), cell)
    energy = PairEnergyLoss("exponential").atom_energies(inside, data)
    found["energy"] = energy[atom].numpy().round(4).tolist()
    error = distance_errors(pos, data, guess).item()
    volume = lattice_errors(guess, data.cell)["volume_error"].item()
    found["note"] = f"distances off by {error:.3f} Å, volume by {100 * volume:.1f} %"
    return found


def _structure(name: str, z: NDArray[np.int64], drawn: Drawn, cell: Tensor) -> Structure:
    atom, fraction = drawn
    vectors = cell[0].numpy()
    made = structure(name, z[atom], fraction @ vectors, np.zeros((0, 2)))
    made["cell"] = vectors.round(3).tolist()
    return made


def _in_the_cell(pos: Tensor, cell: Tensor) -> Drawn:
    """Which atoms are drawn, and where, in lattice vectors: once inside, again on every face."""
    fraction = (pos @ torch.linalg.inv(cell[0])).numpy()
    fraction -= np.floor(fraction + FACE)
    found = [
        (i, place + step)
        for i, place in enumerate(fraction)
        for step in product((0, 1), repeat=3)
        if all(not s or x < FACE for s, x in zip(step, place, strict=True))
    ]
    return np.array([i for i, _ in found]), np.array([place for _, place in found])


def _bonds(structure: Structure) -> list[list[int]]:
    """Pairs of drawn atoms that are nearest neighbours of both."""
    pos = np.array(structure["pos"])
    distance = np.linalg.norm(pos[:, None] - pos[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = distance.min(axis=1)
    near = distance < BOND * np.minimum(nearest[:, None], nearest[None])
    pairs: list[list[int]] = np.argwhere(np.triu(near)).tolist()
    return pairs
