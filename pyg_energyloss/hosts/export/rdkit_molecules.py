"""Molecules of this library as RDKit's, with their hydrogens, bonds and structure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch_geometric.data import Data


def rdkit_molecules(molecules: Iterable[Data]) -> list[Any]:
    """Return the molecules in which RDKit finds all valences right, each with one conformer.

    Raises:
        ImportError: RDKit is missing.
    """
    try:
        from rdkit import Chem, RDLogger
    except ImportError as error:
        raise ImportError(
            "RDKit is missing; install it with: pip install 'pyg-energyloss[chem]'"
        ) from error
    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined] # made at run time
    built = [_built(molecule) for molecule in molecules]
    return [m for m in built if not Chem.SanitizeMol(m, catchErrors=True)]


def _built(molecule: Data) -> Any:
    from rdkit import Chem

    orders = {
        1: Chem.BondType.SINGLE,
        2: Chem.BondType.DOUBLE,
        3: Chem.BondType.TRIPLE,
        4: Chem.BondType.AROMATIC,
    }
    found = Chem.RWMol()
    conformer = Chem.Conformer(len(molecule.z))
    for number, place in zip(molecule.z.tolist(), molecule.pos.tolist(), strict=True):
        atom = Chem.Atom(number)
        atom.SetNoImplicit(True)
        conformer.SetAtomPosition(found.AddAtom(atom), place)
    pairs = zip(molecule.edge_index.t().tolist(), molecule.bond_type.tolist(), strict=True)
    for (first, second), order in pairs:
        if first < second:
            found.AddBond(first, second, orders[order])
            if order == 4:  # noqa: PLR2004 - aromatic
                for atom in (first, second):
                    found.GetAtomWithIdx(atom).SetIsAromatic(True)
    found.AddConformer(conformer)
    return found.GetMol()
