"""A molecule of this library as one of RDKit."""

from __future__ import annotations

from typing import Any

from torch_geometric.data import Data

AROMATIC = 4
#: Value of ``bond_type`` -> name of RDKit.
ORDERS = {1: "SINGLE", 2: "DOUBLE", 3: "TRIPLE", AROMATIC: "AROMATIC"}


def to_rdkit(molecule: Data) -> Any:
    """Return an RDKit molecule with the atoms, bonds and places of ``molecule``, not sanitised.

    Hydrogens are those that are there; none is added or implied.

    Args:
        molecule: With ``z`` [num_nodes], ``pos`` [num_nodes, 3] in Å, ``edge_index`` [2, num_bonds]
            in both directions and ``bond_type`` [num_bonds]: 1, 2, 3, or 4 for aromatic.

    Raises:
        ImportError: RDKit is missing.

    >>> import torch
    >>> bonds = torch.tensor([[0, 1], [1, 0]])
    >>> nitrogen = Data(
    ...     z=torch.tensor([7, 7]),
    ...     pos=torch.tensor([[0.0, 0, 0], [1.1, 0, 0]]),
    ...     edge_index=bonds,
    ...     bond_type=torch.tensor([3, 3]),
    ... )
    >>> from rdkit.Chem import MolToSmiles
    >>> MolToSmiles(to_rdkit(nitrogen))
    'N#N'
    """
    try:
        from rdkit import Chem
    except ImportError as error:
        raise ImportError(
            "RDKit is missing; install it with: pip install 'pyg-energyloss[chem]'"
        ) from error
    found = Chem.RWMol()
    conformer = Chem.Conformer(len(molecule.z))
    for number, place in zip(molecule.z.tolist(), molecule.pos.tolist(), strict=True):
        atom = Chem.Atom(number)
        atom.SetNoImplicit(True)
        conformer.SetAtomPosition(found.AddAtom(atom), place)
    pairs = zip(molecule.edge_index.t().tolist(), molecule.bond_type.tolist(), strict=True)
    for (first, second), order in pairs:
        if first < second:
            found.AddBond(first, second, getattr(Chem.BondType, ORDERS[order]))
            if order == AROMATIC:
                for atom in (first, second):
                    found.GetAtomWithIdx(atom).SetIsAromatic(True)
    found.AddConformer(conformer)
    return found.GetMol()
