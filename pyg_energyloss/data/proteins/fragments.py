"""Proteins cut into overlapping pieces of whole residues."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.data.structure import Structure

#: Every residue of a protein has these.
SPINE = ("N", "CA", "C")
BACKBONE = (*SPINE, "O")
#: Which atoms of a protein are looked at.
ATOMS = ("heavy", "backbone", "all")

Rows = NDArray[np.int64]


def protein_atoms(structure: Structure, *, atoms: str = "heavy") -> Structure:
    """Return the atoms of a structure that belong to residues of a protein.

    A residue is one of a protein if it has atoms N, CA and C: modified ones are kept, water,
    ligands and nucleic acids are not.

    Args:
        structure: With residues, as PDB and mmCIF files give them.
        atoms: "heavy" (no hydrogen), "backbone" (N, CA, C, O) or "all".

    Raises:
        ValueError: the structure has no residues, or none of a protein, or `atoms` is unknown.

    Source: names of the atoms as in the wwPDB's chemical component dictionary.
    """
    if atoms not in ATOMS:
        raise ValueError(f"`atoms` must be one of {', '.join(ATOMS)}; got {atoms!r}")
    if structure.atom_name is None:
        raise ValueError(f"{structure.name}: has no residues; read it from a PDB or mmCIF file")
    owner = _owner(structure)
    kept = np.ones(len(owner), dtype=bool)
    for name in SPINE:
        kept &= np.isin(owner, owner[structure.atom_name == name])
    if atoms == "heavy":
        kept &= structure.z > 1
    elif atoms == "backbone":
        kept &= np.isin(structure.atom_name, BACKBONE)
    if not kept.any():
        raise ValueError(
            f"{structure.name}: has no residue with atoms {', '.join(SPINE)}; a protein is expected"
        )
    return take(structure, np.flatnonzero(kept))


def residue_windows(structure: Structure, *, length: int = 12, stride: int = 3) -> list[Rows]:
    """Return the atoms of runs of consecutive residues, which overlap and cover all residues.

    A run ends where the numbering of a chain leaves a gap. Runs shorter than ``length`` come whole.

    Args:
        structure: A protein, see `protein_atoms`.
        length: Residues of a window.
        stride: Residues from the beginning of one window to the next.

    Returns:
        The atoms of each window, in the structure's order.

    Raises:
        ValueError: ``length`` or ``stride`` is below 1.
    """
    _check(length=length, stride=stride)
    owner, chain, number = _residues(structure)
    follows = (np.diff(chain) == 0) & (np.diff(number) <= 1)
    bounds = [0, *(np.flatnonzero(~follows) + 1).tolist(), len(chain)]
    found = []
    for start, stop in pairwise(bounds):
        last = max(start, stop - length)
        for first in sorted({*range(start, last, stride), last}):
            within = (owner >= first) & (owner < min(stop, first + length))
            found.append(np.flatnonzero(within))
    return found


def residue_spheres(structure: Structure, *, length: int = 12, stride: int = 3) -> list[Rows]:
    """Return the atoms of the residues nearest to every so many-th residue, whatever their chain.

    Args:
        structure: A protein, see `protein_atoms`.
        length: Residues of a sphere; the distance is that of mean positions.
        stride: Residues from one centre to the next.

    Returns:
        The atoms of each sphere, in the structure's order.

    Raises:
        ValueError: ``length`` or ``stride`` is below 1.
    """
    _check(length=length, stride=stride)
    owner, chain, _ = _residues(structure)
    count = np.bincount(owner)
    middle = np.stack([np.bincount(owner, x) / count for x in structure.pos.T], axis=1)
    found = []
    for centre in range(0, len(chain), stride):
        distance = np.linalg.norm(middle - middle[centre], axis=1)
        near = np.argsort(distance, kind="stable")[:length]
        found.append(np.flatnonzero(np.isin(owner, near)))
    return found


def take(structure: Structure, rows: Rows) -> Structure:
    """Return a structure of some of the atoms, without bonds.

    Args:
        structure: Any.
        rows: Which atoms [num_kept].
    """
    per_atom = ("z", "pos", "chain", "residue", "residue_name", "atom_name")
    here = {f.name: getattr(structure, f.name) for f in fields(structure) if f.name in per_atom}
    kept = {name: value[rows] for name, value in here.items() if value is not None}
    return replace(structure, **kept, bonds=None, bond_type=None)


def _owner(structure: Structure) -> Rows:
    """The residue of each atom [num_atoms], counted through the structure."""
    if structure.chain is None or structure.residue is None:
        raise ValueError(f"{structure.name}: has no residues; read it from a PDB or mmCIF file")
    new = (np.diff(structure.chain) != 0) | (np.diff(structure.residue) != 0)
    return np.concatenate([[0], np.cumsum(new)])


def _residues(structure: Structure) -> tuple[Rows, Rows, Rows]:
    """The residue of each atom; chain and number of each residue."""
    owner = _owner(structure)
    first = np.searchsorted(owner, np.arange(owner[-1] + 1))
    assert structure.chain is not None and structure.residue is not None  # noqa: S101, PT018
    return owner, structure.chain[first], structure.residue[first]


def _check(**counts: int) -> None:
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"`{name}` must be at least 1, got {value}")
