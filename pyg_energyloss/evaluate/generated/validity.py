"""Are generated molecules chemically valid, different from each other, and new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch_geometric.data import Data

from pyg_energyloss.evaluate.generated.bond_tables import bond_orders

ORDERS = ("SINGLE", "DOUBLE", "TRIPLE")


class Validity:
    """Shares of molecules that RDKit accepts, of distinct ones among them, and of new ones.

    Bonds are those that the distances tell, see `bond_orders`; of several fragments the largest
    counts.

    Raises:
        ImportError: RDKit is missing.

    Returns of a call:
        ``valid``: share of molecules that RDKit sanitises.
        ``valid_connected``: share that are valid and one piece.
        ``unique``: distinct SMILES over valid molecules.
        ``novel``: share of the distinct SMILES that no reference molecule has.

    Source: Hoogeboom et al., ICML 2022, section 5.
    """

    judges_sets = True
    keys = ("valid", "valid_connected", "unique", "novel")

    def __init__(self) -> None:
        try:
            import rdkit  # noqa: F401 - only whether it is there
        except ImportError as error:
            raise ImportError(
                "the evaluator 'validity' needs RDKit: pip install 'pyg-energyloss[chem]'"
            ) from error

    def __call__(self, generated: Sequence[Data], *, reference: Sequence[Data]) -> dict[str, float]:
        """Judge molecules with ``z`` [num_nodes] and ``pos`` [num_nodes, 3] in Å."""
        read = [smiles(molecule) for molecule in generated]
        valid = [found for found in read if found is not None]
        distinct = {text for text, _ in valid}
        known = {found[0] for molecule in reference if (found := smiles(molecule)) is not None}
        count = max(1, len(read))
        nan = float("nan")
        return {
            "valid": len(valid) / count,
            "valid_connected": sum(pieces == 1 for _, pieces in valid) / count,
            "unique": len(distinct) / len(valid) if valid else nan,
            "novel": len(distinct - known) / len(distinct) if distinct else nan,
        }


def smiles(molecule: Data) -> tuple[str, int] | None:
    """Return the canonical SMILES of the largest fragment and the number of fragments.

    None if RDKit does not accept the molecule that the distances tell.

    Args:
        molecule: With ``z`` [num_nodes] and ``pos`` [num_nodes, 3], Å.
    """
    from rdkit import Chem, rdBase

    z, pos = molecule.z.numpy(), molecule.pos.double().numpy()
    if not len(z) or not np.isfinite(pos).all():
        return None
    built: Any = Chem.RWMol()
    for number in z.tolist():
        atom = Chem.Atom(number)
        # Without this RDKit would add hydrogens that the generator has left out.
        atom.SetNoImplicit(True)
        built.AddAtom(atom)
    orders = np.triu(bond_orders(z, pos))
    for i, j in zip(*np.nonzero(orders), strict=True):
        built.AddBond(int(i), int(j), getattr(Chem.BondType, ORDERS[orders[i, j] - 1]))
    with rdBase.BlockLogs():
        try:
            Chem.SanitizeMol(built)
            fragments = Chem.GetMolFrags(built, asMols=True)
            largest = max(fragments, key=lambda part: part.GetNumAtoms())
            return Chem.MolToSmiles(largest), len(fragments)
        except (ValueError, RuntimeError):  # RDKit's own errors derive from these
            return None
