"""xyz and extxyz, and every other format that ASE reads."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pyg_energyloss.data.structure import Structure


def read_xyz(path: Path) -> Iterator[Structure]:
    """Structures of an xyz or extxyz file, broken ones as well.

    Raises:
        ValueError: the file is something else.
        ImportError: ASE is missing.
    """
    io_of_ase = _ase(path)
    from ase.io.extxyz import XYZError

    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as stream:
        text = io.TextIOWrapper(io.BytesIO(stream.read()), encoding="utf-8")
    try:
        for index, atoms in enumerate(io_of_ase.iread(text, index=":", format="extxyz")):
            yield _structure(atoms, f"{path.name} structure {index}")
    except (KeyError, IndexError, UnicodeDecodeError, StopIteration, ValueError, XYZError) as error:
        raise ValueError(f"{path}: not readable as extxyz: {error}") from error


def read_with_ase(path: Path) -> Iterator[Structure]:
    """Structures of a file whose format ASE finds out.

    Raises:
        ValueError: ASE cannot read it.
        ImportError: ASE is missing.
    """
    io_of_ase = _ase(path)
    try:
        frames = io_of_ase.read(path, index=":")
    except Exception as error:
        # ASE's readers raise whatever their formats suggest.
        raise ValueError(f"{path}: ASE cannot read it: {error or type(error).__name__}") from error
    for index, atoms in enumerate(frames):
        if len(atoms):  # some readers end with an empty frame
            yield _structure(atoms, f"{path.name} structure {index}")


def _structure(atoms: Any, name: str) -> Structure:
    periodic = bool(atoms.pbc.any())
    return Structure(
        z=atoms.numbers.astype(np.int64),
        pos=np.asarray(atoms.positions, dtype=np.float64),
        name=name,
        cell=np.array(atoms.cell, dtype=np.float64) if periodic else None,
        pbc=np.array(atoms.pbc) if periodic else None,
        info=dict(atoms.info),
    )


def _ase(path: Path) -> Any:
    try:
        import ase.io
    except ImportError as error:
        raise ImportError(f"reading {path} needs ASE: pip install 'pyg-energyloss[ase]'") from error
    return ase.io
