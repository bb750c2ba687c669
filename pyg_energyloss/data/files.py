"""Molecules to train on, from structure files."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.data.bonds import find_bonds
from pyg_energyloss.data.formats.read import read_structures
from pyg_energyloss.data.records import Molecule
from pyg_energyloss.data.structure import Structure

Bonds = tuple[NDArray[np.int64], NDArray[np.int64], int]


def read_molecules(
    path: str | os.PathLike[str],
    *,
    group_key: str | None = None,
    charges: tuple[int, ...] = (0, 1, -1, 2, -2),
) -> list[Molecule]:
    """Read every structure of a file or folder, with bonds, ready to train on.

    Args:
        path: As of `read_structures`.
        group_key: Key of the comment line that tells conformers of one molecule (extxyz only);
            without it every structure is a molecule of its own.
        charges: Total charges to try when bonds are perceived (xyz files have no bonds).

    Raises:
        FileNotFoundError: there is no such file, or no structure file in the folder.
        ValueError: a file cannot be read, or a structure in it is no target (see
            `Structure.checked`); the message names both.
        ImportError: ASE, RDKit or gemmi is needed and missing.
    """
    structures = [s.checked() for s in read_structures(path)]
    return with_bonds(structures, group_key=group_key, charges=charges)


def with_bonds(
    structures: Sequence[Structure],
    *,
    group_key: str | None = None,
    charges: tuple[int, ...] = (0, 1, -1, 2, -2),
) -> list[Molecule]:
    """Molecules of structures; bonds are perceived where a structure has none."""
    known: dict[str, tuple[NDArray[np.int64], Bonds]] = {}
    molecules = []
    for index, s in enumerate(structures):
        group = str(index) if s.group is None else s.group
        if group_key:
            group = str(s.info.get(group_key, index))
        if s.bonds is not None and s.bond_type is not None:
            found = (s.bonds, s.bond_type, s.charge or 0)
        else:
            # Conformers share their bonds; the first one's are used for the whole group.
            if group not in known or not np.array_equal(known[group][0], s.z):
                known[group] = s.z, find_bonds(s, charges=charges)
            found = known[group][1]
        molecules.append(Molecule(s.z, s.pos, found[0], found[1], s.name, group, found[2]))
    return molecules
