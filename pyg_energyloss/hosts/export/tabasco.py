"""TABASCO: lists of pairs (protein, ligand) of RDKit's molecules, here without a protein."""

from __future__ import annotations

import io
from pathlib import Path

import torch
from torch_geometric.data import Data

from pyg_energyloss.files import write_bytes
from pyg_energyloss.hosts.export.rdkit_molecules import rdkit_molecules


def write(splits: dict[str, list[Data]], folder: Path) -> list[Path]:
    """Write ``processed_geom_{train,val,test}.pt``."""
    written = []
    for name, molecules in splits.items():
        stream = io.BytesIO()
        torch.save([(None, molecule) for molecule in rdkit_molecules(molecules)], stream)
        path = folder / f"processed_geom_{name}.pt"
        write_bytes(path, stream.getvalue())
        written.append(path)
    return written
