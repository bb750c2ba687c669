"""Makes the embedded tables from the original files: ``python -m pyg_energyloss.data.embedded``.

Run once, by a maintainer; README.md beside tells where the originals come from. It takes about
six minutes, nearly all of it bond perception.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from pyg_energyloss.data.crystals import CrystalTable, coordination_families, unique_rows
from pyg_energyloss.data.files import read_molecules
from pyg_energyloss.data.formats.read import read_structures
from pyg_energyloss.data.proteins.packed import pack
from pyg_energyloss.data.records import MoleculeTable

#: name -> (file, comment key that groups conformers, total charges to try)
SOURCES: dict[str, tuple[str, str | None, tuple[int, ...]]] = {
    "qm9_small": ("qm9_small.extxyz.gz", None, (0,)),
    "qm7": ("qm7.extxyz.gz", None, (0,)),
    "druglike": ("druglike_conformers.extxyz.gz", "mol", (0, 1, -1, 2, -2)),
}

#: name -> (CDVAE's csv file, how many evenly spread crystals)
CRYSTALS = {"perov_5_small": ("perov_5.csv.gz", 96), "carbon_24_small": ("carbon_24.csv.gz", 48)}

#: Files of the proteins, in one table.
PROTEINS = (
    "1CRN.pdb.gz",
    "1vii_3frames.pdb.gz",
    "2n0n_M1.pdb.gz",
    "5ugo.pdb.gz",
    "chignolin.pdb.gz",
)


def excerpt(file: Path, count: int) -> CrystalTable:
    """Evenly spread crystals of a csv file; of carbon one of each family."""
    table = CrystalTable.read_csv(file)
    rows = np.arange(len(table))
    if (table.z == 6).all():  # noqa: PLR2004 - carbon
        family = coordination_families(table)
        rows = unique_rows(table, family=family)
        rows = rows[np.sort(np.unique(family[rows], return_index=True)[1])]
    return table.take(rows[np.arange(count) * len(rows) // count])


def main() -> None:
    """Read the originals and write one npz per data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("originals", type=Path, help="folder with the original files")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument(
        "--only", choices=[*SOURCES, *CRYSTALS, "proteins_small"], help="make one of them"
    )
    options = parser.parse_args()
    for name, (file, group_key, charges) in SOURCES.items():
        if options.only not in (None, name):
            continue
        molecules = read_molecules(options.originals / file, group_key=group_key, charges=charges)
        table = MoleculeTable.from_molecules(molecules)
        (options.out / f"{name}.npz").write_bytes(table.to_bytes()[0])
        print(f"{name}: {len(table)} structures, {len(table.z)} atoms")  # noqa: T201
    for name, (file, count) in CRYSTALS.items():
        if options.only in (None, name):
            crystals = excerpt(options.originals / file, count)
            (options.out / f"{name}.npz").write_bytes(crystals.to_bytes())
            print(f"{name}: {len(crystals)} crystals, {len(crystals.z)} atoms")  # noqa: T201
    if options.only in (None, "proteins_small"):
        found = [s for file in PROTEINS for s in read_structures(options.originals / file)]
        (options.out / "proteins_small.npz").write_bytes(pack(found))
        print(f"proteins_small: {len(found)} structures, {sum(len(s.z) for s in found)} atoms")  # noqa: T201


if __name__ == "__main__":
    main()
