"""Are generated molecules chemically valid, different from each other, and new."""

from __future__ import annotations

from collections.abc import Sequence

from torch_geometric.data import Data

from pyg_energyloss.metrics.generated.perception import (
    Perception,
    bonds_by_rdkit,
    bonds_by_tables,
    require_rdkit,
)


class Validity:
    """Shares of molecules that RDKit accepts, of distinct ones among them, and of new ones.

    Of several fragments the largest counts. RDKit accepts atoms with too few bonds, so a valid
    molecule need not be a stable one.

    Args:
        perception: Makes a sanitised RDKit molecule of the atoms, or None: `bonds_by_tables` or
            `bonds_by_rdkit`.
        prefix: Put before the keys, so that two of these can stand side by side.

    Returns of a call:
        ``valid``: share of molecules that RDKit sanitises.
        ``valid_connected``: share that are valid and one piece.
        ``unique``: distinct SMILES over valid molecules.
        ``novel``: share of the distinct SMILES that no reference molecule has.

    Raises:
        ImportError: RDKit is missing.

    Source: Hoogeboom et al., ICML 2022, section 5. Their figures for GEOM-Drugs call every bond
    single; here the orders count, which is stricter.
    """

    judges_sets = True
    keys: tuple[str, ...] = ("valid", "valid_connected", "unique", "novel")

    def __init__(self, *, perception: Perception = bonds_by_tables, prefix: str = "") -> None:
        require_rdkit("validity")
        self.perception = perception
        self.keys = tuple(prefix + key for key in type(self).keys)

    def __call__(self, generated: Sequence[Data], *, reference: Sequence[Data]) -> dict[str, float]:
        """Judge molecules with ``z`` [num_nodes] and ``pos`` [num_nodes, 3] in Å."""
        read = [smiles(molecule, perception=self.perception) for molecule in generated]
        valid = [found for found in read if found is not None]
        distinct = {text for text, _ in valid}
        known = {
            found[0]
            for molecule in reference
            if (found := smiles(molecule, perception=self.perception)) is not None
        }
        count, nan = len(read), float("nan")
        values = (
            len(valid) / count if count else nan,
            sum(pieces == 1 for _, pieces in valid) / count if count else nan,
            len(distinct) / len(valid) if valid else nan,
            len(distinct - known) / len(distinct) if distinct else nan,
        )
        return dict(zip(self.keys, values, strict=True))


def smiles(molecule: Data, *, perception: Perception = bonds_by_tables) -> tuple[str, int] | None:
    """Return the canonical SMILES of the largest fragment and the number of fragments.

    None if RDKit does not accept the molecule. Handedness is not looked at.

    Args:
        molecule: With ``z`` [num_nodes] and ``pos`` [num_nodes, 3], Å.
        perception: See `Validity`.
    """
    from rdkit import Chem, rdBase

    read = perception(molecule)
    if read is None:
        return None
    with rdBase.BlockLogs():
        try:
            fragments = Chem.GetMolFrags(read, asMols=True)
            largest = max(fragments, key=lambda part: part.GetNumAtoms())
            return Chem.MolToSmiles(largest, isomericSmiles=False), len(fragments)
        except (ValueError, RuntimeError):  # RDKit's own errors derive from these
            return None


def validity_rdkit() -> Validity:
    """`Validity` with the bonds that RDKit determines; its keys begin with ``rdkit_``."""
    return Validity(perception=bonds_by_rdkit, prefix="rdkit_")
