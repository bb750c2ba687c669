"""Structures from files that ASE or RDKit read: extxyz, xyz, SDF, plain or gzipped."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pyg_energyloss.data.bonds import bond_arrays, perceive_bonds
from pyg_energyloss.data.records import Molecule

SUFFIXES = (".extxyz", ".xyz", ".sdf")


def read_molecules(
    path: str | os.PathLike[str],
    *,
    group_key: str | None = None,
    charges: tuple[int, ...] = (0, 1, -1, 2, -2),
) -> list[Molecule]:
    """Read every structure of a file, or of all such files in a folder.

    Args:
        path: File or folder; ``.extxyz``, ``.xyz`` or ``.sdf``, each also with ``.gz``.
        group_key: Key of the comment line that tells conformers of one molecule (extxyz only);
            without it every structure is a molecule of its own.
        charges: Total charges to try when bonds are perceived (xyz files have no bonds).

    Raises:
        FileNotFoundError: there is no such file, or no such file in the folder.
        ValueError: a format that is not read here, a structure with fewer than two atoms, or with
            positions that are not finite; the message names the file and the structure.
        ImportError: ASE (extxyz, xyz) or RDKit is missing.
    """
    source = Path(path)
    if source.is_dir():
        files = sorted(p for p in source.iterdir() if _suffix(p) in SUFFIXES)
    elif source.exists():
        files = [source]
    else:
        raise FileNotFoundError(2, "No such file or directory", str(source))
    if not files:
        raise FileNotFoundError(2, f"No {', '.join(SUFFIXES)} file in this folder", str(source))
    molecules: list[Molecule] = []
    for file in files:
        if _suffix(file) == ".sdf":
            molecules.extend(_read_sdf(file))
        elif _suffix(file) in SUFFIXES:
            molecules.extend(_read_xyz(file, group_key, charges))
        else:
            raise ValueError(
                f"{file}: expected one of {', '.join(SUFFIXES)} (also with .gz), "
                f"got {file.suffix or 'no suffix'!r}; convert it with `ase convert`"
            )
    return molecules


def _suffix(path: Path) -> str:
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()


def _open(path: Path) -> io.BytesIO:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as stream:
        return io.BytesIO(stream.read())


def _check(where: str, z: np.ndarray[Any, Any], pos: np.ndarray[Any, Any]) -> None:
    if len(z) < 2:  # noqa: PLR2004 - a pair needs two
        raise ValueError(f"{where}: has {len(z)} atom(s); a structure needs at least two")
    bad = np.flatnonzero(~np.isfinite(pos).all(axis=1))
    if len(bad):
        raise ValueError(
            f"{where}: position of atom {bad[0]} is {pos[bad[0]].tolist()}, expected finite "
            "numbers in Å; mend or remove the structure"
        )


def _read_xyz(path: Path, group_key: str | None, charges: tuple[int, ...]) -> Iterator[Molecule]:
    try:
        from ase.io import iread
        from ase.io.extxyz import XYZError
    except ImportError as error:
        raise ImportError(f"reading {path} needs ASE: pip install 'pyg-energyloss[ase]'") from error
    orders: dict[str, Any] = {}
    stream = io.TextIOWrapper(_open(path))
    try:
        for index, atoms in enumerate(iread(stream, index=":", format="extxyz")):
            z, pos = atoms.numbers.astype(np.int64), np.asarray(atoms.positions, dtype=np.float64)
            where = f"{path} structure {index}"
            _check(where, z, pos)
            group = str(atoms.info.get(group_key, index)) if group_key else str(index)
            # Conformers share their bonds; the first one's are used for the whole group.
            found = orders.get(group)
            if found is None or len(found[3]) != len(z) or (found[3] != z).any():
                found = (*perceive_bonds(z, pos, charges=charges), z)
                orders[group] = found
            bonds, bond_type, charge, _ = found
            yield Molecule(z, pos, bonds, bond_type, f"{path.name}:{index}", group, charge)
    except (KeyError, IndexError, UnicodeDecodeError, StopIteration, XYZError) as error:
        raise ValueError(f"{path}: not readable as extxyz: {error}") from error


def _read_sdf(path: Path) -> Iterator[Molecule]:
    try:
        from rdkit import Chem
    except ImportError as error:
        raise ImportError(
            f"reading {path} needs RDKit: pip install 'pyg-energyloss[chem]'"
        ) from error
    supplier = Chem.ForwardSDMolSupplier(_open(path), removeHs=False)
    for index, molecule in enumerate(supplier):
        where = f"{path} structure {index}"
        if molecule is None or molecule.GetNumConformers() == 0:
            raise ValueError(
                f"{where}: RDKit cannot read a 3D structure from it; mend or remove it"
            )
        z = np.array([a.GetAtomicNum() for a in molecule.GetAtoms()], dtype=np.int64)
        pos = np.array(molecule.GetConformer().GetPositions(), dtype=np.float64)
        _check(where, z, pos)
        bonds, bond_type = bond_arrays(molecule)
        name = f"{path.name}:{index}"
        yield Molecule(z, pos, bonds, bond_type, name, name, Chem.GetFormalCharge(molecule))
