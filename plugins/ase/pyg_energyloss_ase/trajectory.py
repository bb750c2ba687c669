"""Files that `ase gui` opens: a structure in motion, or predictions beside the truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss_ase.convert import batch_to_atoms, data_to_atoms


def write_trajectory(
    path: str | Path,
    data: Data,
    frames: Iterable[Tensor],
    *,
    energies: Sequence[float] | None = None,
) -> Path:
    """Write positions of one structure over time, a denoising trajectory for instance.

    Args:
        path: ``.traj`` or ``.extxyz``, or whatever else ASE can write with several frames.
        data: one graph; gives elements, cell and tags.
        frames: positions [num_nodes, 3] of each frame, Å.
        energies: one number per frame, which ``ase gui`` plots.

    Returns:
        The path.

    Raises:
        ValueError: there is no frame, or not one energy per frame.
    """
    structures = [data_to_atoms(data, pos=frame) for frame in frames]
    if not structures:
        raise ValueError("`frames` must have at least one frame, got none")
    if energies is not None:
        if len(energies) != len(structures):
            raise ValueError(
                f"`energies` must have one value per frame, {len(structures)}; got {len(energies)}"
            )
        for atoms, energy in zip(structures, energies, strict=True):
            atoms.calc = SinglePointCalculator(atoms, energy=float(energy))
    return _write(path, structures)


def write_structures(path: str | Path, data: Data, pos_pred: Tensor | None = None) -> Path:
    """Write the structures of a batch, each prediction followed by the truth.

    Args:
        path: ``.traj`` or ``.extxyz``, or whatever else ASE can write with several frames.
        data: a `Batch` with ``z`` and ``pos``.
        pos_pred: predicted positions [num_nodes, 3], Å; without it only the truth is written.

    Returns:
        The path.
    """
    true = batch_to_atoms(data)
    if pos_pred is None:
        return _write(path, true)
    predicted = batch_to_atoms(data, pos=pos_pred)
    return _write(path, [a for pair in zip(predicted, true, strict=True) for a in pair])


def _write(path: str | Path, structures: list[Atoms]) -> Path:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, structures)
    return path
