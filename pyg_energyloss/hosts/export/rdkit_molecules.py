"""Molecules of this library as RDKit's, with their hydrogens, bonds and structure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch_geometric.data import Data

from pyg_energyloss.data.to_rdkit import to_rdkit


def rdkit_molecules(molecules: Iterable[Data]) -> list[Any]:
    """Return the molecules in which RDKit finds all valences right, each with one conformer.

    Raises:
        ImportError: RDKit is missing.
    """
    built = [to_rdkit(molecule) for molecule in molecules]
    from rdkit import Chem, RDLogger

    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined] # made at run time
    return [m for m in built if not Chem.SanitizeMol(m, catchErrors=True)]
