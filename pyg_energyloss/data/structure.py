"""One structure as it stands in a file, whole or broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Data


@dataclass(frozen=True)
class Structure:
    """Elements and positions, with whatever else the file says.

    Attributes:
        z: Atomic numbers, [num_atoms]; 0 for what is no element.
        pos: Positions in Å, [num_atoms, 3].
        name: File and number in it.
        bonds: Each bond once, [num_bonds, 2]; None if the format has no bonds.
        bond_type: 1, 2, 3 or 4 (aromatic), [num_bonds].
        charge: Total charge in e, None if it is not told.
        cell: Lattice vectors in rows, [3, 3], Å; None for what is not periodic.
        pbc: The directions in which it repeats, [3].
        chain: Number of the chain of each atom, [num_atoms], counted from 0; PDB and mmCIF.
        residue: Number of the residue of each atom within its chain, [num_atoms].
        residue_name: Name of the residue of each atom, [num_atoms].
        atom_name: Name of each atom in its residue, [num_atoms].
        group: Structures of one group (conformers) stay in one split; None if nothing is told.
        info: Further entries of the comment line (extxyz).
        problem: What the reader could not make sense of; empty if there is nothing.
    """

    z: NDArray[np.int64]
    pos: NDArray[np.float64]
    name: str = "structure"
    bonds: NDArray[np.int64] | None = None
    bond_type: NDArray[np.int64] | None = None
    charge: int | None = None
    cell: NDArray[np.float64] | None = None
    pbc: NDArray[np.bool_] | None = None
    chain: NDArray[np.int64] | None = None
    residue: NDArray[np.int64] | None = None
    residue_name: NDArray[np.str_] | None = None
    atom_name: NDArray[np.str_] | None = None
    group: str | None = None
    info: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""

    @classmethod
    def from_data(cls, data: Data) -> Structure:
        """The atoms of a PyG item with ``z`` and ``pos``, whatever they are."""
        return cls(
            data.z.detach().cpu().numpy().astype(np.int64).reshape(-1),
            data.pos.detach().cpu().double().numpy().reshape(-1, 3),
        )

    def to_data(self) -> Data:
        """A PyG item: ``z``, ``pos`` (float32), and of the rest what the file tells.

        Bonds become ``edge_index`` (both directions) and ``bond_type``; ``cell`` [1, 3, 3] and
        ``pbc`` [1, 3] are there for periodic structures, ``chain`` and ``residue`` [num_nodes] for
        macromolecules.
        """
        data = Data(z=torch.tensor(self.z), pos=torch.tensor(self.pos, dtype=torch.float32))
        both = self.both_directions()
        if both is not None and self.bond_type is not None:
            data.edge_index = torch.tensor(both)
            data.bond_type = torch.tensor(np.repeat(self.bond_type, 2))
        if self.cell is not None and self.pbc is not None:
            data.cell = torch.tensor(self.cell, dtype=torch.float32)[None]
            data.pbc = torch.tensor(self.pbc)[None]
        if self.chain is not None and self.residue is not None:
            data.chain, data.residue = torch.tensor(self.chain), torch.tensor(self.residue)
        return data

    def both_directions(self) -> NDArray[np.int64] | None:
        """Bonds [2, 2 num_bonds] as PyG stores them: b0, b0 reversed, b1, ...; None without."""
        if self.bonds is None:
            return None
        turned = np.stack([self.bonds, self.bonds[:, ::-1]], axis=1)
        return np.ascontiguousarray(turned.reshape(-1, 2).T)

    def checked(self, *, periodic: bool = False) -> Structure:
        """The structure itself, if it can be a target.

        Args:
            periodic: Crystals are welcome.

        Raises:
            ValueError: the reader had a problem, there are fewer than two atoms, a position is not
                finite, an atom is no element, or the structure is periodic.
        """
        if self.problem:
            raise ValueError(f"{self.name}: {self.problem}")
        if not periodic and self.pbc is not None and self.pbc.any():
            raise ValueError(
                f"{self.name}: is periodic, expected a molecule or a cluster; set its periodic "
                'flags to false (pbc="F F F" in extxyz) to take one cell as it is'
            )
        if len(self.z) < 2:  # noqa: PLR2004 - a pair needs two
            raise ValueError(
                f"{self.name}: has {len(self.z)} atom(s); a structure needs at least two"
            )
        bad = np.flatnonzero(~np.isfinite(self.pos).all(axis=1))
        if len(bad):
            raise ValueError(
                f"{self.name}: position of atom {bad[0]} is {self.pos[bad[0]].tolist()}, expected "
                "finite numbers in Å; mend or remove the structure"
            )
        unknown = np.flatnonzero(self.z < 1)
        if len(unknown):
            raise ValueError(f"{self.name}: atom {unknown[0]} is no element; mend or remove it")
        return self
