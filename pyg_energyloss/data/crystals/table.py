"""Crystals as flat arrays: read from CIF text in a csv file, stored as npz."""

from __future__ import annotations

import csv
import gzip
import os
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.files import npz_bytes


@dataclass(frozen=True)
class CrystalTable:
    """Crystals one after another.

    Attributes:
        z: Atomic numbers [num_atoms].
        fraction: Multiples of the lattice vectors [num_atoms, 3], as the file has them.
        cell: Lattice vectors in rows [num_crystals, 3, 3], Å; the first along x, the second in the
            plane of x and y.
        ptr: Where each crystal begins, and the end [num_crystals + 1].
        name: What the file calls each crystal [num_crystals].
    """

    z: NDArray[np.int64]
    fraction: NDArray[np.float64]
    cell: NDArray[np.float64]
    ptr: NDArray[np.int64]
    name: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.cell)

    @property
    def owner(self) -> NDArray[np.int64]:
        """The crystal of each atom [num_atoms]."""
        return np.repeat(np.arange(len(self)), np.diff(self.ptr))

    @property
    def pos(self) -> NDArray[np.float64]:
        """Positions [num_atoms, 3] in Å, as the file has them: in any cell."""
        found: NDArray[np.float64] = np.einsum("na,nab->nb", self.fraction, self.cell[self.owner])
        return found

    def take(self, rows: NDArray[np.int64]) -> CrystalTable:
        """The crystals of these rows, in this order."""
        counts = np.diff(self.ptr)[rows]
        ptr = np.concatenate([[0], np.cumsum(counts)])
        atoms = np.arange(ptr[-1]) + np.repeat(self.ptr[:-1][rows] - ptr[:-1], counts)
        return CrystalTable(
            self.z[atoms], self.fraction[atoms], self.cell[rows], ptr, self.name[rows]
        )

    def compositions(self) -> NDArray[np.int64]:
        """A number for each crystal [num_crystals], the same where the reduced formula is.

        >>> salt = CrystalTable(
        ...     np.array([11, 17, 11, 11, 17, 17]),
        ...     np.zeros((6, 3)),
        ...     np.ones((2, 3, 3)),
        ...     np.array([0, 2, 6]),
        ...     np.array(["NaCl", "Na2Cl2"]),
        ... )
        >>> salt.compositions().tolist()
        [0, 0]
        """
        known: dict[tuple[tuple[int, int], ...], int] = {}
        found = []
        for start, stop in pairwise(self.ptr):
            kinds, counts = np.unique(self.z[start:stop], return_counts=True)
            divisor = int(np.gcd.reduce(counts))
            formula = tuple(zip(kinds.tolist(), (counts // divisor).tolist(), strict=True))
            found.append(known.setdefault(formula, len(known)))
        return np.array(found, dtype=np.int64)

    @classmethod
    def read_csv(cls, path: str | os.PathLike[str]) -> CrystalTable:
        """Read a table in CDVAE's layout: columns ``material_id`` and ``cif``, with ``.gz`` or not.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: a column is missing, or a CIF text holds no crystal; the message names it.
            ImportError: gemmi is missing.

        Source: Xie et al., "Crystal Diffusion Variational Autoencoder for Periodic Material
        Generation", ICLR 2022; the files beside its code.
        """
        file = Path(path).expanduser()
        if not file.exists():
            raise FileNotFoundError(2, "No such file", str(file))
        rows = list(_rows(file))
        if not rows:
            raise ValueError(f"{file}: has no crystal in it")
        crystals = [_crystal(text, f"{file}, crystal {name}") for name, text in rows]
        return cls.stacked(crystals, [name for name, _ in rows])

    @classmethod
    def stacked(
        cls,
        crystals: list[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]],
        names: list[str],
    ) -> CrystalTable:
        """Make a table of crystals: atomic numbers, fractional coordinates and cell of each."""
        z, fraction, cell = zip(*crystals, strict=True)
        ptr = np.cumsum([0, *map(len, z)])
        return cls(
            np.concatenate(z), np.concatenate(fraction), np.stack(cell), ptr, np.array(names)
        )

    def to_bytes(self) -> bytes:
        """The content of a compressed npz, for `load`."""
        arrays: dict[str, NDArray[Any]] = {
            "z": self.z.astype(np.uint8),
            "fraction": self.fraction,
            "cell": self.cell,
            "ptr": self.ptr.astype(np.int32),
            "name": self.name,
        }
        return npz_bytes(arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> CrystalTable:
        """Read what `to_bytes` made; nothing is unpickled.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: the file is not such a table.
        """
        try:
            with np.load(Path(path), allow_pickle=False) as stored:
                return cls(
                    stored["z"].astype(np.int64),
                    stored["fraction"].astype(np.float64),
                    stored["cell"].astype(np.float64),
                    stored["ptr"].astype(np.int64),
                    stored["name"],
                )
        except (KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{path} is not a crystal table: {error}; write one with `CrystalTable.to_bytes`"
            ) from error


def _rows(file: Path) -> Iterator[tuple[str, str]]:
    opener = gzip.open if file.suffix == ".gz" else open
    csv.field_size_limit(sys.maxsize)
    with opener(file, "rt", encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if "cif" not in (reader.fieldnames or ()):
            raise ValueError(
                f"{file}: expected a column `cif` with CIF text, as in CDVAE's tables; got "
                f"{', '.join(reader.fieldnames or ['nothing'])}"
            )
        for number, row in enumerate(reader):
            yield row.get("material_id") or str(number), row["cif"]


def _crystal(
    text: str, name: str
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    try:
        import gemmi
    except ImportError as error:
        raise ImportError(
            "reading CIF text needs gemmi: pip install 'pyg-energyloss[crystals]'"
        ) from error
    try:
        found = gemmi.make_small_structure_from_block(gemmi.cif.read_string(text).sole_block())
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"{name}: gemmi cannot read it: {error}") from error
    sites = found.get_all_unit_cell_sites()
    if not sites or not found.cell.is_crystal():
        raise ValueError(f"{name}: expected a cell and atoms, got {len(sites)} atoms")
    return (
        np.array([site.element.atomic_number for site in sites], dtype=np.int64),
        np.array([site.fract.tolist() for site in sites]),
        np.array(found.cell.orth.mat.tolist()).T,
    )
