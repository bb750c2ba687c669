"""Protein data sets by name: fragments by split, no protein in two splits."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

import numpy as np
import torch
from torch_geometric.data import Data

from pyg_energyloss.data.bonds import table_bonds
from pyg_energyloss.data.formats.read import read_structures
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.data.proteins.fragments import (
    Rows,
    protein_atoms,
    residue_spheres,
    residue_windows,
    take,
)
from pyg_energyloss.data.proteins.packed import unpack
from pyg_energyloss.data.records import Molecule, MoleculeTable
from pyg_energyloss.data.splits import split_groups
from pyg_energyloss.data.structure import Structure

Splits = dict[str, MoleculeDataset]
Transform = Callable[[Data], Data] | None


def whole(structure: Structure, *, length: int = 12, stride: int = 3) -> list[Rows]:
    """Return the whole structure as the only piece."""
    del length, stride
    return [np.arange(len(structure.z))]


#: Ways to cut a protein: runs of residues of a chain, residues near each other, not at all.
CUTS: dict[str, Callable[..., list[Rows]]] = {
    "residues": residue_windows,
    "spheres": residue_spheres,
    "whole": whole,
}


def proteins(
    path: str | os.PathLike[str],
    *,
    val: Sequence[str] = (),
    test: Sequence[str] = (),
    cut: str = "residues",
    length: int = 12,
    stride: int = 3,
    atoms: str = "heavy",
    max_hops: int = 3,
    split_seed: int = 0,
    transform: Transform = None,
) -> Splits:
    """Fragments of the proteins in a folder of PDB and mmCIF files, split by file.

    Fragments of one file, all its models included, stay in one split. Files of related proteins are
    not known to be related: name those that belong together in ``val`` or ``test``. Each item is
    one of `MoleculeDataset` and has ``chain`` and ``residue`` [num_nodes] besides.

    Args:
        path: The folder, or one file, which then needs three models or more.
        val: Files of the validation split by the beginning of their names; at random if empty.
        test: Likewise of the test split.
        cut: "residues" (`residue_windows`), "spheres" (`residue_spheres`) or "whole".
        length: Residues of a fragment.
        stride: Residues from one fragment to the next.
        atoms: "heavy", "backbone" or "all", see `protein_atoms`.
        max_hops: Largest topological distance in ``hop_index``.
        split_seed: Seed of the split.
        transform: PyG transform, called at each access (e.g. `RigidEdgeTransform`).

    Raises:
        FileNotFoundError: there is no such folder, or no structure file in it.
        ValueError: an option is unknown, a name fits no file, or a split is empty.
        ImportError: gemmi is missing.
    """
    return cut_proteins(
        read_structures(path),
        val=val,
        test=test,
        cut=cut,
        length=length,
        stride=stride,
        atoms=atoms,
        max_hops=max_hops,
        split_seed=split_seed,
        transform=transform,
    )


def proteins_small(
    *,
    cut: str = "residues",
    length: int = 12,
    stride: int = 3,
    atoms: str = "heavy",
    max_hops: int = 3,
    transform: Transform = None,
) -> Splits:
    """Five proteins, embedded: train 5ugo, chignolin and 2n0n, validate on 1vii, test on 1crn.

    Options as of `proteins`.
    """
    return cut_proteins(
        embedded_proteins(),
        val=("1vii",),
        test=("1CRN",),
        cut=cut,
        length=length,
        stride=stride,
        atoms=atoms,
        max_hops=max_hops,
        transform=transform,
    )


def embedded_proteins() -> list[Structure]:
    """The structures of `proteins_small` as their files have them: 1crn, 1vii, 2n0n, 5ugo, ..."""
    resource = resources.files("pyg_energyloss.data") / "embedded" / "proteins_small.npz"
    with resources.as_file(resource) as path:
        return unpack(path)


def cut_proteins(
    structures: Sequence[Structure],
    *,
    val: Sequence[str] = (),
    test: Sequence[str] = (),
    cut: str = "residues",
    length: int = 12,
    stride: int = 3,
    atoms: str = "heavy",
    max_hops: int = 3,
    split_seed: int = 0,
    transform: Transform = None,
) -> Splits:
    """Fragments of structures, split by what their names begin with up to the first space.

    Options as of `proteins`.
    """
    if cut not in CUTS:
        raise ValueError(f"`cut` must be one of {', '.join(CUTS)}; got {cut!r}")
    pieces: list[Structure] = []
    entry: list[str] = []
    for structure in structures:
        found = protein_atoms(structure.checked(), atoms=atoms)
        rows = CUTS[cut](found, length=length, stride=stride)
        pieces += [take(found, part) for part in rows if len(part) > 1]
        entry += [structure.name.split(" ", 1)[0]] * (len(pieces) - len(entry))
    table = MoleculeTable.from_molecules(list(map(_molecule, pieces, entry)))
    items = [_residues(piece) for piece in pieces]
    parts = _split(np.array(entry), list(val), list(test), split_seed)
    return {
        name: MoleculeDataset(table, rows, max_hops=max_hops, transform=transform).with_attributes(
            [items[row] for row in rows]
        )
        for name, rows in parts.items()
    }


def _molecule(piece: Structure, entry: str) -> Molecule:
    bonds, bond_type = table_bonds(piece.z, piece.pos)
    numbers = piece.residue
    where = "" if numbers is None else f" residues {numbers[0]} to {numbers[-1]}"
    return Molecule(piece.z, piece.pos, bonds, bond_type, f"{piece.name}{where}", entry)


def _residues(piece: Structure) -> Data:
    return Data(chain=torch.from_numpy(piece.chain), residue=torch.from_numpy(piece.residue))


def _split(entry: Any, val: list[str], test: list[str], seed: int) -> dict[str, Rows]:
    """Rows of each split; what is named goes there, the rest by lot or to the training."""
    names, group = np.unique(entry, return_inverse=True)
    if not (val or test):
        return split_groups(group, seed=seed)
    chosen = {"val": _named(names, val, "val"), "test": _named(names, test, "test")}
    if both := sorted(chosen["val"] & chosen["test"]):
        raise ValueError(f"`val` and `test` both name {', '.join(both)}")
    chosen["train"] = set(names.tolist()) - chosen["val"] - chosen["test"]
    for split, members in chosen.items():
        if not members:
            raise ValueError(
                f"the split {split} is empty; name files for `val` and `test` and leave some for "
                f"the training, there are {', '.join(names)}"
            )
    return {s: np.flatnonzero(np.isin(entry, sorted(chosen[s]))) for s in ("train", "val", "test")}


def _named(names: Any, wanted: list[str], option: str) -> set[str]:
    found: set[str] = set()
    for start in wanted:
        fitting = {name for name in names.tolist() if name.startswith(start)}
        if not fitting:
            raise ValueError(f"`{option}` names {start!r}, there are {', '.join(names)}")
        found |= fitting
    return found
