"""ETFlow: one file a molecule, atoms in the order that RDKit reads from its SMILES."""

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
            data = _ordered(molecule)
            if data is None:
                continue
            stream = io.BytesIO()
            torch.save(data, stream)
            path = target / f"{number:06d}.pt"
            write_bytes(path, stream.getvalue())
            written.append(path)
    return written


def _ordered(molecule: Any) -> Data | None:
    """The molecule in the order of its SMILES, or None where RDKit reads another graph from it."""
    from rdkit import Chem

    smiles = Chem.MolToSmiles(Chem.RemoveHs(molecule))
    again = Chem.MolFromSmiles(smiles)
    if again is None:
        return None
    again = Chem.AddHs(again)
    order = molecule.GetSubstructMatch(again, useChirality=True)
    if len(order) != molecule.GetNumAtoms():
        return None
    pos = torch.tensor(molecule.GetConformer().GetPositions(), dtype=torch.float32)
    return Data(
        smiles=smiles,
        pos=pos[list(order)][None],
        atomic_numbers=torch.tensor([a.GetAtomicNum() for a in again.GetAtoms()]),
    )
