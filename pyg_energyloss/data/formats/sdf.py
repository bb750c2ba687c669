"""SDF files, through RDKit."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pyg_energyloss.data.bonds import bond_arrays
from pyg_energyloss.data.structure import Structure


def read_sdf(path: Path) -> Iterator[Structure]:
    """Structures of an SDF file with their own bonds, aromatic ones marked.

    Impossible valences, drawings in two dimensions and unreadable records are told in ``problem``.

    Raises:
        ImportError: RDKit is missing.
    """
    try:
        from rdkit import Chem, rdBase
    except ImportError as error:
        raise ImportError(
            f"reading {path} needs RDKit: pip install 'pyg-energyloss[chem]'"
        ) from error
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as stream:
        content = io.BytesIO(stream.read())
    supplier = Chem.ForwardSDMolSupplier(content, removeHs=False, sanitize=False)
    with rdBase.BlockLogs():
        for index, molecule in enumerate(supplier):
            yield _structure(molecule, f"{path.name} structure {index}")


def _structure(molecule: Any, name: str) -> Structure:
    from rdkit import Chem

    empty = np.zeros(0, dtype=np.int64)
    if molecule is None or molecule.GetNumConformers() == 0:
        problem = "RDKit cannot read a 3D structure from it; mend or remove it"
        if molecule is not None and molecule.GetNumAtoms() == 0:
            problem = "has 0 atom(s); a structure needs at least two"
        return Structure(empty, np.zeros((0, 3)), name, problem=problem)
    conformer = molecule.GetConformer()
    z = np.array([a.GetAtomicNum() for a in molecule.GetAtoms()], dtype=np.int64)
    pos = np.array(conformer.GetPositions(), dtype=np.float64).reshape(-1, 3)
    problem = ""
    try:
        Chem.SanitizeMol(molecule)
    except ValueError as error:
        problem = f"RDKit cannot make sense of its bonds: {error}; mend or remove it"
    if not conformer.Is3D() and len(pos) > 1 and not pos[:, 2].any():
        problem = (
            "is a drawing in two dimensions; make a 3D structure of it first (or, if it is one "
            'that is flat, say "3D" in columns 21 and 22 of its second line)'
        )
    bonds, bond_type = bond_arrays(molecule)
    charge = Chem.GetFormalCharge(molecule)
    return Structure(z, pos, name, bonds, bond_type, charge, problem=problem)
