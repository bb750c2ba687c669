"""PDB and mmCIF files, through gemmi."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pyg_energyloss.data.structure import Structure


def read_macromolecules(path: Path) -> Iterator[Structure]:
    """Models of a PDB or mmCIF file, with chains and residues; of alternative places the first.

    A crystallographic cell is left out: a structure is what the file lists, not the crystal.

    Raises:
        ValueError: gemmi cannot read it, or there is no atom in it.
        ImportError: gemmi is missing.

    Source: Wojdyr, "GEMMI: A library for structural biology", J. Open Source Softw. 7, 4200 (2022).
    """
    try:
        import gemmi
    except ImportError as error:
        raise ImportError(
            f"reading {path} needs gemmi: pip install 'pyg-energyloss[chem]'"
        ) from error
    try:
        entry = gemmi.read_structure(str(path), merge_chain_parts=True)
    except (ValueError, RuntimeError, IndexError) as error:
        raise ValueError(f"{path}: gemmi cannot read it: {error}") from error
    entry.remove_alternative_conformations()
    if not sum(model.count_atom_sites() for model in entry):
        raise ValueError(f"{path}: has no atoms; a PDB or mmCIF file of coordinates is expected")
    for index, model in enumerate(entry):
        yield _structure(model, f"{path.name} structure {index}")


def is_macromolecule(path: Path) -> bool:
    """Whether a CIF file is an mmCIF (Cartesian places), not a crystallographer's core CIF."""
    import gzip

    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", errors="replace") as stream:
        return any("_atom_site.cartn_x" in line.lower() for line in stream)


def _structure(model: Any, name: str) -> Structure:
    rows = [
        (
            atom.element.atomic_number,
            atom.pos.tolist(),
            number,
            residue.seqid.num,
            residue.name,
            atom.name,
            atom.charge,
        )
        for number, chain in enumerate(model)
        for residue in chain
        for atom in residue
    ]
    z, pos, chain, residue, residue_name, atom_name, charge = map(list, zip(*rows, strict=True))
    return Structure(
        z=np.array(z, dtype=np.int64),
        pos=np.array(pos, dtype=np.float64),
        name=name,
        charge=sum(charge),
        chain=np.array(chain, dtype=np.int64),
        residue=np.array(residue, dtype=np.int64),
        residue_name=np.array(residue_name, dtype=np.str_),
        atom_name=np.array(atom_name, dtype=np.str_),
    )
