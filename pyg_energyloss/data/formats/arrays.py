"""npz files: tables of molecules, trajectories, single structures."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.data.records import MoleculeTable
from pyg_energyloss.data.structure import Structure

#: Names of atomic numbers and positions: ours, MD17's, rMD17's.
LAYOUTS = (("z", "pos"), ("z", "R"), ("nuclear_charges", "coords"))


def read_npz(path: Path) -> Iterator[Structure]:
    """Structures of an npz file; nothing is unpickled.

    It holds a table as `MoleculeTable.to_bytes` writes it; or ``z`` [num_atoms] and ``pos``
    [num_atoms, 3] or [num_frames, num_atoms, 3]; or the same as ``z`` and ``R`` (MD17), or
    ``nuclear_charges`` and ``coords`` (rMD17).

    Raises:
        ValueError: it holds something else.
    """
    with open_npz(path) as stored:
        table = "num_atoms" in stored.files
    if table:
        molecules = MoleculeTable.load(path)
        for row in range(len(molecules)):
            m = molecules.molecule(row)
            name = f"{path.name} structure {row}"
            yield Structure(m.z, m.pos, name, m.bonds, m.bond_type, m.charge, group=m.group)
        return
    z, frames = read_frames(path)
    for index, pos in enumerate(frames):
        yield Structure(z, pos.astype(np.float64), f"{path.name} structure {index}")


def read_frames(path: Path) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """Atomic numbers [num_atoms] and positions [num_frames, num_atoms, 3] of an npz file.

    Raises:
        ValueError: it holds something else.
    """
    with open_npz(path) as stored:
        for numbers, positions in LAYOUTS:
            if {numbers, positions} <= set(stored.files):
                z, frames = stored[numbers], stored[positions]
                break
        else:
            raise ValueError(
                f"{path}: expected arrays "
                f"{', or '.join(' and '.join(pair) for pair in LAYOUTS)}; got "
                f"{', '.join(stored.files) or 'none'}"
            )
    frames = frames[None] if frames.ndim == 2 else frames  # noqa: PLR2004 - one structure
    if z.ndim != 1 or frames.ndim != 3 or frames.shape[1:] != (len(z), 3):  # noqa: PLR2004
        raise ValueError(
            f"{path}: expected positions [num_frames, {len(z)}, 3] for {len(z)} atomic numbers, "
            f"got shape {frames.shape}"
        )
    return z.astype(np.int64), frames


def open_npz(path: Path) -> Any:
    """The file, open; closed by ``with``.

    Raises:
        ValueError: it is no npz file of plain arrays.
    """
    try:
        stored = np.load(path, allow_pickle=False)
        if not hasattr(stored, "files"):
            raise ValueError("it holds a single array")  # noqa: TRY301 - one message for all
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: is no npz file of plain arrays: {error}") from error
    return stored
