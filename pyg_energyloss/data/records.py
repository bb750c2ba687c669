"""A molecule as plain arrays, and many of them in one flat table."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.files import npz_bytes

#: Ångström per unit of the stored integer coordinates.
RESOLUTION = 1e-5

#: Bond types as stored: 1, 2, 3 for single, double, triple; 4 for aromatic.
AROMATIC = 4


@dataclass(frozen=True)
class Molecule:
    """One 3D structure with its bonds.

    Attributes:
        z: Atomic numbers, [num_atoms].
        pos: Positions in Å, [num_atoms, 3].
        bonds: Each bond once, [num_bonds, 2].
        bond_type: 1, 2, 3 or 4 (aromatic), [num_bonds].
        name: Where it comes from, for messages.
        group: Molecules of one group (conformers) stay in one split.
        charge: Total charge, in e.
    """

    z: NDArray[np.int64]
    pos: NDArray[np.float64]
    bonds: NDArray[np.int64]
    bond_type: NDArray[np.int64]
    name: str
    group: str
    charge: int = 0


@dataclass(frozen=True)
class MoleculeTable:
    """Many molecules, concatenated; molecule i owns atoms ``atom_ptr[i]:atom_ptr[i + 1]``.

    Attributes:
        z: Atomic numbers, [num_atoms].
        pos: Positions in Å, [num_atoms, 3], float32.
        atom_ptr: [num_molecules + 1].
        bonds: Each bond once, numbered within its molecule, [num_bonds, 2].
        bond_type: 1, 2, 3 or 4 (aromatic), [num_bonds].
        bond_ptr: [num_molecules + 1].
        charge: [num_molecules], in e.
        group: Group number of each molecule, [num_molecules].
        name: [num_molecules], strings.
    """

    z: NDArray[np.int64]
    pos: NDArray[np.float32]
    atom_ptr: NDArray[np.int64]
    bonds: NDArray[np.int64]
    bond_type: NDArray[np.int64]
    bond_ptr: NDArray[np.int64]
    charge: NDArray[np.int64]
    group: NDArray[np.int64]
    name: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.atom_ptr) - 1

    @classmethod
    def from_molecules(cls, molecules: Sequence[Molecule]) -> MoleculeTable:
        """Concatenate molecules.

        Raises:
            ValueError: there are none.
        """
        if not molecules:
            raise ValueError("`molecules` is empty; at least one molecule is needed")
        _, group = np.unique([m.group for m in molecules], return_inverse=True)
        return cls(
            z=np.concatenate([m.z for m in molecules]).astype(np.int64),
            pos=np.concatenate([m.pos for m in molecules]).astype(np.float32),
            atom_ptr=_ptr([len(m.z) for m in molecules]),
            bonds=np.concatenate([m.bonds.reshape(-1, 2) for m in molecules]).astype(np.int64),
            bond_type=np.concatenate([m.bond_type for m in molecules]).astype(np.int64),
            bond_ptr=_ptr([len(m.bonds) for m in molecules]),
            charge=np.array([m.charge for m in molecules], dtype=np.int64),
            group=group.astype(np.int64).reshape(-1),
            name=np.array([m.name for m in molecules], dtype=np.str_),
        )

    def molecule(self, row: int) -> Molecule:
        """One of them."""
        atoms = slice(*self.atom_ptr[row : row + 2].tolist())
        bonds = slice(*self.bond_ptr[row : row + 2].tolist())
        return Molecule(
            z=self.z[atoms],
            pos=self.pos[atoms].astype(np.float64),
            bonds=self.bonds[bonds],
            bond_type=self.bond_type[bonds],
            name=str(self.name[row]),
            group=str(self.group[row]),
            charge=int(self.charge[row]),
        )

    def heavy_atoms(self) -> NDArray[np.int64]:
        """How many atoms of each molecule are not hydrogen, [num_molecules]."""
        heavy = np.concatenate([[0], np.cumsum(self.z != 1)])
        counts: NDArray[np.int64] = np.diff(heavy[self.atom_ptr])
        return counts

    def without_hydrogens(self) -> MoleculeTable:
        """The same molecules without their hydrogens; those with one atom left are dropped."""
        heavy = self.z != 1
        owner = np.repeat(np.arange(len(self)), np.diff(self.atom_ptr))
        kept = np.bincount(owner[heavy], minlength=len(self)) > 1
        atoms = heavy & kept[owner]
        # Places of the atoms that stay, numbered anew within each molecule.
        count = np.cumsum(heavy) - heavy
        local = count - count[self.atom_ptr[:-1]][owner]
        of_bond = np.repeat(np.arange(len(self)), np.diff(self.bond_ptr))
        ends = self.bonds + self.atom_ptr[of_bond, None]
        bonds = heavy[ends].all(axis=1) & kept[of_bond]
        return MoleculeTable(
            z=self.z[atoms],
            pos=self.pos[atoms],
            atom_ptr=_ptr(np.bincount(owner[atoms], minlength=len(self))[kept]),
            bonds=local[ends[bonds]],
            bond_type=self.bond_type[bonds],
            bond_ptr=_ptr(np.bincount(of_bond[bonds], minlength=len(self))[kept]),
            charge=self.charge[kept],
            group=self.group[kept],
            name=self.name[kept],
        )

    def to_bytes(self) -> tuple[bytes, str]:
        """The content of a compressed npz, and a short digest of the molecules.

        Coordinates are stored as integers of 1e-5 Å about the centroid.
        """
        sizes = np.diff(self.atom_ptr)
        owner = np.repeat(np.arange(len(self)), sizes)
        centre = np.zeros((len(self), 3))
        np.add.at(centre, owner, self.pos)
        centred = self.pos - (centre / sizes[:, None])[owner]
        arrays: dict[str, NDArray[Any]] = {
            "z": self.z.astype(np.uint8),
            "pos": np.round(centred / RESOLUTION).astype(np.int32),
            "num_atoms": sizes.astype(np.uint16),
            "bonds": self.bonds.astype(np.uint16),
            "bond_type": self.bond_type.astype(np.uint8),
            "num_bonds": np.diff(self.bond_ptr).astype(np.uint16),
            "charge": self.charge.astype(np.int8),
            "group": self.group.astype(np.int32),
            "name": self.name,
        }
        digest = hashlib.sha256()
        for key, array in arrays.items():
            digest.update(f"{key} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return npz_bytes(arrays), digest.hexdigest()[:12]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> MoleculeTable:
        """Read what `to_bytes` made; nothing is unpickled.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: the file is not such a table.
        """
        try:
            with np.load(Path(path), allow_pickle=False) as stored:
                return cls(
                    z=stored["z"].astype(np.int64),
                    pos=(stored["pos"] * RESOLUTION).astype(np.float32),
                    atom_ptr=_ptr(stored["num_atoms"]),
                    bonds=stored["bonds"].astype(np.int64),
                    bond_type=stored["bond_type"].astype(np.int64),
                    bond_ptr=_ptr(stored["num_bonds"]),
                    charge=stored["charge"].astype(np.int64),
                    group=stored["group"].astype(np.int64),
                    name=stored["name"],
                )
        except (KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{path} is not a molecule table: {error}; write one with `MoleculeTable.to_bytes`"
            ) from error


def _ptr(counts: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.asarray(counts, dtype=np.int64))])
