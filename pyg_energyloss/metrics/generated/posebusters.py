"""The checks of PoseBusters on generated molecules."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from torch_geometric.data import Data

from pyg_energyloss.metrics.generated.perception import (
    Perception,
    bonds_by_rdkit,
    require_rdkit,
)

#: Checks of a molecule alone: name of PoseBusters -> ours.
CHECKS = {
    "mol_pred_loaded": "pb_loaded",
    "sanitization": "pb_sanitization",
    "inchi_convertible": "pb_inchi",
    "all_atoms_connected": "pb_connected",
    "no_radicals": "pb_no_radicals",
    "bond_lengths": "pb_bond_lengths",
    "bond_angles": "pb_bond_angles",
    "internal_steric_clash": "pb_no_clash",
    "aromatic_ring_flatness": "pb_flat_rings",
    "non-aromatic_ring_non-flatness": "pb_puckered_rings",
    "double_bond_flatness": "pb_flat_double_bonds",
    "internal_energy": "pb_energy",
}


class PoseBusted:
    """Shares of molecules that pass each check of PoseBusters, and all of them.

    A molecule whose bonds are not found passes none.

    Args:
        perception: Makes an RDKit molecule of the atoms, or None. The bonds of `bonds_by_tables`
            leave radicals in most real aromatic molecules, so RDKit finds them here.
        max_molecules: Only the first so many are checked, a second or so each.

    Raises:
        ImportError: PoseBusters or RDKit is missing.
        ValueError: ``max_molecules`` is below 1.

    Returns of a call: ``pb_valid`` and one value for each of `CHECKS`, NaN for one that the
        installed PoseBusters does not make.

    Source: Buttenschoen, Morris, Deane, Chem. Sci. 15, 3130 (2024); the package posebusters, whose
    configuration "mol" this is.
    """

    judges_sets = True
    keys = ("pb_valid", *CHECKS.values())

    def __init__(
        self, *, perception: Perception = bonds_by_rdkit, max_molecules: int = 100
    ) -> None:
        self._busters = make_busters("posebusters")
        if max_molecules < 1:
            raise ValueError(f"`max_molecules` must be at least 1, got {max_molecules}")
        self.perception, self.max_molecules = perception, max_molecules

    def __call__(
        self, generated: Sequence[Data], *, reference: Sequence[Data] = ()
    ) -> dict[str, float]:
        """Judge molecules with ``z`` [num_nodes] and ``pos`` [num_nodes, 3] in Å."""
        del reference
        found = [self._checks(molecule) for molecule in generated[: self.max_molecules]]
        made = {name for checks in found for name in checks}
        nan = float("nan")
        shares = {
            ours: sum(checks.get(theirs, False) for checks in found) / len(found)
            if theirs in made
            else nan
            for theirs, ours in CHECKS.items()
        }
        valid = sum(bool(checks) and all(checks.values()) for checks in found)
        return {"pb_valid": valid / len(found) if found else nan, **shares}

    def _checks(self, molecule: Data) -> Mapping[str, bool]:
        read = self.perception(molecule)
        return {} if read is None else checks_of(read, self._busters)


def make_busters(evaluator: str, *, energy: bool = True) -> Any:
    """Return PoseBusters with the configuration for molecules alone.

    Args:
        evaluator: Who asks, for the message.
        energy: Also compare the energy with that of relaxed conformers, which takes most of the
            time.

    Raises:
        ImportError: PoseBusters or RDKit is missing.
    """
    require_rdkit(evaluator)
    try:
        from posebusters import PoseBusters
    except ImportError as error:
        raise ImportError(
            f"the evaluator {evaluator!r} needs PoseBusters: pip install 'pyg-energyloss[judge]'"
        ) from error
    whole = PoseBusters(config="mol")
    if energy:
        return whole
    modules = [m for m in whole.config["modules"] if m["function"] != "energy_ratio"]
    return PoseBusters(config={**whole.config, "modules": modules})


def checks_of(molecule: Any, busters: Any) -> dict[str, bool]:
    """Return which of `CHECKS` an RDKit molecule passes, by their names in PoseBusters.

    Args:
        molecule: Sanitised, with one conformer.
        busters: See `make_busters`.

    Returns:
        Nothing if a check broke down.
    """
    from rdkit import rdBase

    logger = logging.getLogger("posebusters")
    level = logger.level
    # It tells of every molecule that fails; the share is what is asked for here.
    logger.setLevel(logging.CRITICAL)
    try:
        with rdBase.BlockLogs():
            row: Mapping[str, Any] = busters.bust([molecule]).iloc[0].to_dict()
    except Exception:  # noqa: BLE001 - a molecule that breaks a check does not pass it
        return {}
    finally:
        logger.setLevel(level)
    return {name: bool(row[name]) for name in CHECKS if name in row}
