"""Proteins to train on: PDB and mmCIF files, cut into overlapping fragments."""

from pyg_energyloss.data.proteins.fragments import (
    protein_atoms,
    residue_spheres,
    residue_windows,
)
from pyg_energyloss.data.proteins.named import (
    cut_proteins,
    embedded_proteins,
    proteins,
    proteins_small,
)

__all__ = [
    "cut_proteins",
    "embedded_proteins",
    "protein_atoms",
    "proteins",
    "proteins_small",
    "residue_spheres",
    "residue_windows",
]
