"""ETFlow: one file a molecule, whose SMILES has all atoms, numbered."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch
from torch_geometric.data import Data

from pyg_energyloss.files import write_bytes
from pyg_energyloss.hosts.export.rdkit_molecules import rdkit_molecules


def write(splits: dict[str, list[Data]], folder: Path) -> list[Path]:
    """Write ``qm9/{train,val,test}/NUMBER.pt``, each with one conformer."""
    written = []
    for name, molecules in splits.items():
        target = folder / "qm9" / name
        target.mkdir(parents=True, exist_ok=True)
        for number, molecule in enumerate(rdkit_molecules(molecules)):
            stream = io.BytesIO()
            torch.save(_numbered(molecule), stream)
            path = target / f"{number:06d}.pt"
            write_bytes(path, stream.getvalue())
            written.append(path)
    return written


def _numbered(molecule: Any) -> Data:
    """The molecule with a SMILES of all atoms, numbered as they are here."""
    from rdkit import Chem

    for atom in molecule.GetAtoms():
        atom.SetAtomMapNum(atom.GetIdx() + 1)
    pos = torch.tensor(molecule.GetConformer().GetPositions(), dtype=torch.float32)
    return Data(
        smiles=Chem.MolToSmiles(molecule),
        pos=pos[None],
        atomic_numbers=torch.tensor([a.GetAtomicNum() for a in molecule.GetAtoms()]),
    )
