"""Molecules, whole or broken, as files that ASE and RDKit open."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch_geometric.data import Data

from pyg_energyloss.data.bonds import table_bonds
from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.data.structure import Structure
from pyg_energyloss.files import write_text

#: Atoms and bonds that three digits count; coordinates that "%10.4f" holds.
V2000_LIMIT, V2000_PLACE = 999, 9999.0


def write_extxyz(path: str | os.PathLike[str], molecules: Sequence[Data]) -> Path:
    """Write molecules to one extxyz file, atomically; ``ase gui`` opens it.

    Args:
        path: Of the file.
        molecules: With ``z`` [num_nodes] and ``pos`` [num_nodes, 3], Å. Atomic numbers that are no
            element's are written as X.
    """
    lines: list[str] = []
    for index, molecule in enumerate(molecules):
        z, pos = _arrays(molecule)
        lines += [str(len(z)), f"Properties=species:S:1:pos:R:3 index={index}"]
        for number, (x, y, h) in zip(z.tolist(), pos.tolist(), strict=True):
            lines.append(f"{_symbol(number)} {x:.6f} {y:.6f} {h:.6f}")
    return write_text(path, "\n".join([*lines, ""]))


def write_sdf(path: str | os.PathLike[str], molecules: Sequence[Data]) -> Path:
    """Write molecules to one SDF file (V2000), atomically, with the bonds that distances tell.

    Atoms without bonds stay without. Places that are not finite are written as 0.

    Args:
        path: Of the file.
        molecules: With ``z`` [num_nodes] and ``pos`` [num_nodes, 3], Å; at most 999 atoms each.

    Raises:
        ValueError: a molecule has more atoms or bonds than the format holds.
    """
    return write_text(path, "".join(sdf_block(i, molecule) for i, molecule in enumerate(molecules)))


def sdf_block(index: int, molecule: Data) -> str:
    """Return the SDF record of one molecule; see `write_sdf`."""
    z, pos = _arrays(molecule)
    bonds, bond_type = table_bonds(z, pos)
    if max(len(z), len(bonds)) > V2000_LIMIT:
        raise ValueError(
            f"`molecules` has one of {len(z)} atoms and {len(bonds)} bonds at {index}; SDF V2000 "
            f"holds {V2000_LIMIT}, write extxyz instead"
        )
    places = np.clip(np.nan_to_num(pos, posinf=0, neginf=0), -V2000_PLACE, V2000_PLACE)
    lines = [
        f"generated {index}",
        "  pyg_energyloss        3D",
        "",
        f"{len(z):3d}{len(bonds):3d}  0  0  0  0  0  0  0  0999 V2000",
        *(
            f"{x:10.4f}{y:10.4f}{h:10.4f} {_symbol(int(n), unknown='*'):<3s}"
            " 0  0  0  0  0  0  0  0  0  0  0  0"
            for n, (x, y, h) in zip(z, places, strict=True)
        ),
        *(
            f"{i + 1:3d}{j + 1:3d}{order:3d}  0"
            for (i, j), order in zip(bonds, bond_type, strict=True)
        ),
        "M  END",
        "$$$$",
        "",
    ]
    return "\n".join(lines)


def _symbol(number: int, *, unknown: str = "X") -> str:
    return SYMBOLS[number] if 0 < number < len(SYMBOLS) else unknown


def _arrays(molecule: Data) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    found = Structure.from_data(molecule)
    return found.z, found.pos
