"""Generated atoms as RDKit molecules: two ways to find the bonds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from torch_geometric.data import Data

from pyg_energyloss.data.bond_tables import bond_orders
from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.data.structure import Structure
from pyg_energyloss.metrics.generated.structure import structure

#: Makes a sanitised RDKit molecule of the atoms, or None.
Perception = Callable[[Data], Any]

ORDERS = ("SINGLE", "DOUBLE", "TRIPLE")
#: Assignments of bond orders that RDKit tries before it gives a molecule up.
MAX_ITERATIONS = 10_000


def bonds_by_tables(molecule: Data) -> Any | None:
    """Return the sanitised RDKit molecule whose bonds are those of `bond_orders`, or None.

    No hydrogen is added, so atoms whose valences are not filled stay radicals.

    Args:
        molecule: With ``z`` [num_nodes] and ``pos`` [num_nodes, 3], Å.

    Source: Hoogeboom et al., ICML 2022.
    """
    found = structure(molecule)
    if found is None:
        return None
    from rdkit import Chem

    built = _atoms(found)
    for atom in built.GetAtoms():
        atom.SetNoImplicit(True)
    orders = np.triu(bond_orders(found.z, found.pos))
    for i, j in zip(*np.nonzero(orders), strict=True):
        built.AddBond(int(i), int(j), getattr(Chem.BondType, ORDERS[orders[i, j] - 1]))
    return _sanitised(built)


def bonds_by_rdkit(molecule: Data) -> Any | None:
    """Return the sanitised RDKit molecule whose bonds RDKit's `rdDetermineBonds` finds, or None.

    Its orders fit all valences at once and may be aromatic or put formal charges on atoms, so it
    reads rings that the tables do not; it needs all hydrogens.

    Args:
        molecule: With ``z`` [num_nodes], ``pos`` [num_nodes, 3] in Å and, if it has one, the total
            ``charge`` [1] in e, else neutral.

    Source: Kim, Kim, Bull. Korean Chem. Soc. 36, 1769 (2015), as implemented in RDKit.
    """
    found = structure(molecule)
    if found is None:
        return None
    from rdkit import rdBase
    from rdkit.Chem import rdDetermineBonds

    charge = molecule.get("charge")
    built = _atoms(found)
    with rdBase.BlockLogs():
        try:
            rdDetermineBonds.DetermineConnectivity(built)
            rdDetermineBonds.DetermineBondOrders(
                built,
                charge=0 if charge is None else int(charge),
                embedChiral=False,
                maxIterations=MAX_ITERATIONS,
            )
        except (ValueError, RuntimeError):  # RDKit's own errors derive from these
            return None
    return _sanitised(built)


def require_rdkit(evaluator: str) -> None:
    """Raise the ImportError that names the extra, if RDKit is missing."""
    try:
        import rdkit  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise ImportError(
            f"the evaluator {evaluator!r} needs RDKit: pip install 'pyg-energyloss[chem]'"
        ) from error


def _atoms(found: Structure) -> Any:
    from rdkit import Chem

    built = Chem.RWMol()
    conformer = Chem.Conformer(len(found.z))
    for i, (number, place) in enumerate(zip(found.z.tolist(), found.pos.tolist(), strict=True)):
        built.AddAtom(Chem.Atom(SYMBOLS[number]))
        conformer.SetAtomPosition(i, place)
    conformer.Set3D(True)
    built.AddConformer(conformer)
    return built


def _sanitised(built: Any) -> Any | None:
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        try:
            Chem.SanitizeMol(built)
        except (ValueError, RuntimeError):  # RDKit's own errors derive from these
            return None
    return built
