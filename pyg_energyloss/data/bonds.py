"""Bonds of a structure that comes as elements and positions only, through RDKit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.data.bond_tables import LONGEST, bond_orders, orders_at
from pyg_energyloss.data.records import AROMATIC
from pyg_energyloss.data.structure import Structure

#: Bond if the distance is below this multiple of the sum of covalent radii (second attempt).
COVALENT_FACTOR = 1.2
#: Up to so many atoms all pairs are looked at, which is then the faster way.
DENSE = 256


def find_bonds(
    structure: Structure, *, charges: tuple[int, ...] = (0,)
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Bonds, their types and the charge of a structure without bonds.

    Of macromolecules by `table_bonds`, as bond orders cannot be settled at their size; of all else
    by `perceive_bonds`, which see for arguments and result.
    """
    if structure.chain is not None:
        return (*table_bonds(structure.z, structure.pos), structure.charge or 0)
    return perceive_bonds(structure.z, structure.pos, charges=charges)


def table_bonds(
    z: NDArray[np.int64], pos: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bonds [num_bonds, 2] (each once, sorted) and types [num_bonds] that `bond_orders` tells.

    Near pairs of many atoms are found by a tree, so that time and memory grow with their number.
    """
    if len(z) <= DENSE:
        orders = np.triu(bond_orders(z, pos))
        bonds = np.argwhere(orders)
        return bonds, orders[bonds[:, 0], bonds[:, 1]]
    from scipy.spatial import cKDTree

    finite = np.flatnonzero(np.isfinite(pos).all(axis=1))
    pairs = finite[cKDTree(pos[finite]).query_pairs(LONGEST, output_type="ndarray")]
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    first, second = pairs.T
    orders = orders_at(z[first], z[second], np.linalg.norm(pos[first] - pos[second], axis=1))
    return pairs[orders > 0], orders[orders > 0]


def perceive_bonds(
    z: NDArray[np.int64], pos: NDArray[np.float64], *, charges: tuple[int, ...] = (0,)
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Find the bonds and their types from the geometry.

    RDKit's connectivity and bond orders are used; where the orders cannot be settled (unusual
    valences), covalent radii give the connectivity, and failing that every bond is called single.

    Args:
        z: Atomic numbers, [num_atoms].
        pos: Positions in Å, [num_atoms, 3].
        charges: Total charges to try, in this order.

    Returns:
        Bonds [num_bonds, 2] (each once), bond types [num_bonds] (1, 2, 3; 4 = aromatic), charge.

    Raises:
        ImportError: RDKit is missing.

    Source: Y. Kim, W. Y. Kim, "Universal structure conversion method for organic molecules", Bull.
    Korean Chem. Soc. 36, 1769 (2015), as implemented in RDKit's rdDetermineBonds.
    """
    try:
        from rdkit import Chem, rdBase
        from rdkit.Chem import rdDetermineBonds
    except ImportError as error:
        raise ImportError(
            "finding bonds needs RDKit: pip install 'pyg-energyloss[chem]'"
        ) from error
    table = Chem.GetPeriodicTable()
    lines = [
        f"{table.GetElementSymbol(int(number))} {x:.6f} {y:.6f} {w:.6f}"
        for number, (x, y, w) in zip(z, pos, strict=True)
    ]
    block = f"{len(z)}\n\n" + "\n".join(lines) + "\n"
    connectivity = None
    with rdBase.BlockLogs():
        for factor in (None, COVALENT_FACTOR):
            for charge in charges:
                molecule = Chem.MolFromXYZBlock(block)
                if factor is None:
                    rdDetermineBonds.DetermineConnectivity(molecule)
                else:
                    rdDetermineBonds.DetermineConnectivity(molecule, useVdw=True, covFactor=factor)
                connectivity = Chem.Mol(molecule)
                try:
                    rdDetermineBonds.DetermineBondOrders(molecule, charge=charge, embedChiral=False)
                    Chem.SanitizeMol(molecule)  # marks aromatic bonds
                except ValueError:
                    continue
                return (*bond_arrays(molecule), charge)
    bonds, bond_type = bond_arrays(connectivity)
    return bonds, np.ones_like(bond_type), charges[0]


def bond_arrays(molecule: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bonds [num_bonds, 2] (each once) and types [num_bonds] of an RDKit molecule."""
    found = [
        (
            bond.GetBeginAtomIdx(),
            bond.GetEndAtomIdx(),
            AROMATIC if bond.GetIsAromatic() else max(1, int(bond.GetBondTypeAsDouble())),
        )
        for bond in molecule.GetBonds()
    ]
    array = np.array(found, dtype=np.int64).reshape(-1, 3)
    return array[:, :2], array[:, 2]
