"""The checks of PoseBusters on predictions whose bonds are known."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from pyg_energyloss.data.to_rdkit import to_rdkit
from pyg_energyloss.metrics.generated.posebusters import CHECKS, checks_of, make_busters
from pyg_energyloss.metrics.generated.structure import structure


class KnownPoseBusters:
    """Whether predicted structures pass each check of PoseBusters, and all of them.

    The bonds are those of the data, not what the places of the atoms suggest: a molecule that was
    torn apart fails the checks of lengths and angles instead of being read as another molecule.
    Lengths, angles and clashes are those of heavy atoms, within bounds that PoseBusters widens by a
    quarter; hydrogens count in the energy alone.

    Args:
        energy: also compare the energy with that of relaxed conformers, which takes nearly all of
            the time. Without it ``pb_energy`` is NaN and ``pb_valid`` is about the other checks.
        max_graphs: only the first so many graphs of a call are checked, the others are NaN.

    Raises:
        ImportError: PoseBusters or RDKit is missing.

    Source: Buttenschoen, Morris, Deane, Chem. Sci. 15, 3130 (2024); the package posebusters, whose
    configuration "mol" this is.
    """

    keys = ("pb_valid", *CHECKS.values())

    def __init__(self, *, energy: bool = True, max_graphs: int | None = None) -> None:
        self.energy, self.max_graphs = energy, max_graphs
        self._busters = make_busters("known_posebusters", energy=energy)

    def __call__(self, pos_pred: Tensor, data: Data) -> dict[str, Tensor]:
        """Evaluate a batch.

        Args:
            pos_pred: Predicted positions [num_nodes, 3], Å.
            data: Batch with ``z``, ``edge_index`` and ``bond_type``.

        Returns:
            ``pb_valid`` and one value for each of `CHECKS`, each [num_graphs], 1 or 0; all 0 for
            what is no structure (places that are not finite, two atoms in one), NaN for a molecule
            whose bonds RDKit refuses wherever its atoms are.
        """
        placed = data.clone().cpu()
        placed.pos = pos_pred.detach().cpu()
        molecules = placed.to_data_list() if isinstance(placed, Batch) else [placed]
        rows = []
        for index, molecule in enumerate(molecules):
            wanted = self.max_graphs is None or index < self.max_graphs
            rows.append(self._checks(molecule) if wanted else [torch.nan] * len(self.keys))
        table = torch.tensor(rows, dtype=torch.float64).reshape(len(rows), len(self.keys))
        return {key: table[:, column] for column, key in enumerate(self.keys)}

    def _checks(self, molecule: Data) -> list[float]:
        from rdkit import Chem, rdBase

        built = to_rdkit(molecule)
        with rdBase.BlockLogs():
            if Chem.SanitizeMol(built, catchErrors=True):
                return [torch.nan] * len(self.keys)
        # Comparisons with what is not a number never tell PoseBusters that something is too far.
        found = {} if structure(molecule) is None else checks_of(built, self._busters)
        valid = bool(found) and all(found.values())
        values = {ours: float(found.get(theirs, False)) for theirs, ours in CHECKS.items()}
        if not self.energy:
            values["pb_energy"] = torch.nan
        return [float(valid), *values.values()]
