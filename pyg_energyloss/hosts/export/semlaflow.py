"""SemlaFlow: lists of RDKit's molecules, which its own ``preprocess`` turns into its files."""

from __future__ import annotations

import pickle
from pathlib import Path

from torch_geometric.data import Data

from pyg_energyloss.files import write_bytes
from pyg_energyloss.hosts.export.rdkit_molecules import rdkit_molecules


def write(splits: dict[str, list[Data]], folder: Path) -> list[Path]:
    """Write ``raw/{train,val,test}_data.pickle``, pairs of a SMILES and a list of conformers."""
    from rdkit import Chem

    raw = folder / "raw"
    raw.mkdir(exist_ok=True)
    written = []
    for name, molecules in splits.items():
        found = []
        for molecule in rdkit_molecules(molecules):
            Chem.Kekulize(molecule, clearAromaticFlags=True)
            found.append((Chem.MolToSmiles(molecule), [molecule]))
        path = raw / f"{name}_data.pickle"
        write_bytes(path, pickle.dumps(found))
        written.append(path)
    return written
