"""The embedded data sets and the loaders of the public ones."""

from pyg_energyloss.data.files import read_molecules
from pyg_energyloss.data.formats.read import read_data, read_structures
from pyg_energyloss.data.loader import FlatLoader
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.data.named import druglike, from_files, from_table, qm7, qm9, qm9_small
from pyg_energyloss.data.proteins import protein_atoms, residue_spheres, residue_windows
from pyg_energyloss.data.pyg import as_splits, from_pyg
from pyg_energyloss.data.records import Molecule, MoleculeTable
from pyg_energyloss.data.structure import Structure
from pyg_energyloss.data.write import write_extxyz, write_sdf

__all__ = [
    "FlatLoader",
    "Molecule",
    "MoleculeDataset",
    "MoleculeTable",
    "Structure",
    "as_splits",
    "druglike",
    "from_files",
    "from_pyg",
    "from_table",
    "protein_atoms",
    "qm7",
    "qm9",
    "qm9_small",
    "read_data",
    "read_molecules",
    "read_structures",
    "residue_spheres",
    "residue_windows",
    "write_extxyz",
    "write_sdf",
]
