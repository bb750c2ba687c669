"""The checks of PoseBusters on generated molecules."""

from __future__ import annotations

from collections.abc import Sequence

from torch_geometric.data import Data

from pyg_energyloss.evaluate.generated.files import sdf_block

#: Checks of a molecule alone: name of PoseBusters -> ours.
CHECKS = {
    "mol_pred_loaded": "pb_loaded",
    "sanitization": "pb_sanitization",
    "all_atoms_connected": "pb_connected",
    "bond_lengths": "pb_bond_lengths",
    "bond_angles": "pb_bond_angles",
    "internal_steric_clash": "pb_no_clash",
    "aromatic_ring_flatness": "pb_flat_rings",
    "double_bond_flatness": "pb_flat_double_bonds",
    "internal_energy": "pb_energy",
}


class PoseBusted:
    """Shares of molecules that pass each check of PoseBusters, and all of them.

    Bonds are those that the distances tell, see `bond_orders`. A check that cannot be made because
    an earlier one failed counts as failed.

    Args:
        max_molecules: Only the first so many are checked; about 20 a second.

    Raises:
        ImportError: PoseBusters is missing.
        ValueError: ``max_molecules`` is below 1.

    Returns of a call: ``pb_valid`` and one value for each of `CHECKS`.

    Source: Buttenschoen, Morris, Deane, Chem. Sci. 15, 3130 (2024); the package posebusters.
    """

    judges_sets = True
    keys = ("pb_valid", *CHECKS.values())

    def __init__(self, *, max_molecules: int = 100) -> None:
        try:
            import posebusters  # noqa: F401 - only whether it is there
        except ImportError as error:
            raise ImportError(
                "the evaluator 'posebusters' needs PoseBusters: pip install 'pyg-energyloss[judge]'"
            ) from error
        if max_molecules < 1:
            raise ValueError(f"`max_molecules` must be at least 1, got {max_molecules}")
        self.max_molecules = max_molecules

    def __call__(
        self, generated: Sequence[Data], *, reference: Sequence[Data] = ()
    ) -> dict[str, float]:
        """Judge molecules with ``z`` [num_nodes] and ``pos`` [num_nodes, 3] in Å."""
        del reference
        passed = [_checks(molecule) for molecule in generated[: self.max_molecules]]
        if not passed:
            return dict.fromkeys(self.keys, float("nan"))
        shares = {
            ours: sum(found.get(theirs, False) for found in passed) / len(passed)
            for theirs, ours in CHECKS.items()
        }
        every = sum(all(found.get(name, False) for name in CHECKS) for found in passed)
        return {"pb_valid": every / len(passed), **shares}


def _checks(molecule: Data) -> dict[str, bool]:
    import logging

    from posebusters import PoseBusters
    from rdkit import Chem, rdBase

    # It tells of every molecule that fails; the share is what is asked for here.
    logging.getLogger("posebusters").setLevel(logging.CRITICAL)
    with rdBase.BlockLogs():
        read = Chem.MolFromMolBlock(sdf_block(0, molecule), sanitize=False, removeHs=False)
        if read is None:
            return {}
        try:
            table = PoseBusters(config="mol").bust([read])
        except Exception:  # noqa: BLE001 - a molecule that breaks a check does not pass it
            return {}
    return {name: bool(value) for name, value in table.iloc[0].to_dict().items()}
