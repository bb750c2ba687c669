"""Public files of bare coordinates: GEOM-Drugs as EDM prepares it, MD17 and rMD17 trajectories."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.data.bonds import table_bonds
from pyg_energyloss.data.formats.arrays import read_frames
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.data.named import Transform, from_table
from pyg_energyloss.data.records import Molecule, MoleculeTable

Splits = dict[str, MoleculeDataset]
#: Atoms that are read at a time.
CHUNK = 1_000_000


def geom_drugs(
    path: str | os.PathLike[str],
    *,
    limit: int | None = None,
    split_seed: int = 0,
    max_hops: int = 3,
    hydrogens: bool = True,
    transform: Transform = None,
) -> Splits:
    """GEOM-Drugs from ``GEOM_drugs_30.npy``, the file that EDM's public preparation makes.

    Conformers of a molecule follow each other in that file but are not marked; those with the same
    sequence of elements as the one before stay in one split. Bonds are read off the distances.

    Args:
        path: The file: an array [num_atoms, 5] of conformer, atomic number, x, y, z (Å).
        limit: Take only the first so many conformers, and read no further; the whole file has some
            7 million.
        split_seed: Seed of the split.
        max_hops: Largest topological distance in ``hop_index``.
        hydrogens: Keep them, or drop them from every molecule.
        transform: PyG transform, called at each access.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds something else.

    Source: Axelrod, Gomez-Bombarelli, Sci. Data 9, 185 (2022); the preparation of Hoogeboom et al.,
    ICML 2022.
    """
    rows = np.load(_existing(path), mmap_mode="r", allow_pickle=False)
    if rows.ndim != 2 or rows.shape[1] != 5:  # noqa: PLR2004 - the layout of the file
        raise ValueError(
            f"{path}: expected an array [num_atoms, 5] of conformer, atomic number, x, y, z; got "
            f"shape {rows.shape}"
        )
    bounds = _bounds(rows, limit)
    molecules: list[Molecule] = []
    group, before = 0, np.zeros(0, dtype=np.int64)
    for start, end in pairwise(bounds):
        part = np.asarray(rows[start:end])
        z = part[:, 1].astype(np.int64)
        group += not np.array_equal(z, before)
        before = z
        name = f"conformer {int(part[0, 0])}"
        molecules.append(_molecule(z, part[:, 2:].astype(np.float64), name, str(group)))
    return from_table(
        MoleculeTable.from_molecules(molecules),
        split_seed=split_seed,
        max_hops=max_hops,
        hydrogens=hydrogens,
        transform=transform,
    )


def md17(
    path: str | os.PathLike[str],
    *,
    limit: int | None = 5000,
    split_seed: int = 0,
    max_hops: int = 3,
    hydrogens: bool = True,
    transform: Transform = None,
) -> Splits:
    """Frames of an MD17 or rMD17 trajectory, from its public npz file.

    Bonds are read off the distances of the first frame. Frames are split one by one: neighbours in
    time are alike, so this is a test of fitting, not of new molecules.

    Args:
        path: The file, with ``z`` and ``R`` (MD17) or ``nuclear_charges`` and ``coords`` (rMD17).
        limit: Take so many frames, evenly spread; all if None.
        split_seed: Seed of the split.
        max_hops: Largest topological distance in ``hop_index``.
        hydrogens: Keep them, or drop them from every frame.
        transform: PyG transform, called at each access.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds something else.

    Source: Chmiela et al., Sci. Adv. 3, e1603015 (2017); Christensen, von Lilienfeld, Mach. Learn.:
    Sci. Technol. 1, 045018 (2020).
    """
    z, frames = read_frames(_existing(path))
    chosen: NDArray[np.int64] = np.arange(len(frames))
    if limit is not None and limit < len(frames):
        chosen = chosen[:limit] * len(frames) // limit
    first = _molecule(z, frames[0].astype(np.float64), "frame 0", "0")
    molecules = [
        Molecule(
            z, frames[i].astype(np.float64), first.bonds, first.bond_type, f"frame {i}", str(i)
        )
        for i in chosen.tolist()
    ]
    return from_table(
        MoleculeTable.from_molecules(molecules),
        split_seed=split_seed,
        max_hops=max_hops,
        hydrogens=hydrogens,
        transform=transform,
    )


def _bounds(rows: NDArray[np.float64], limit: int | None) -> list[int]:
    """Where conformers begin, and the end of the last; only what is needed is read."""
    found: list[int] = []
    before = None
    for begin in range(0, len(rows), CHUNK):
        conformer = np.asarray(rows[begin : begin + CHUNK, 0])
        new = np.flatnonzero(np.diff(conformer, prepend=np.nan if before is None else before))
        found += (new + begin).tolist()
        before = conformer[-1]
        if limit is not None and len(found) > limit:
            return found[: limit + 1]
    return [*found, len(rows)]


def _existing(path: str | os.PathLike[str]) -> Path:
    found = Path(path).expanduser()
    if not found.exists():
        raise FileNotFoundError(2, "No such file or directory", str(found))
    return found


def _molecule(z: NDArray[np.int64], pos: NDArray[np.float64], name: str, group: str) -> Molecule:
    return Molecule(z, pos, *table_bonds(z, pos), name, group)
