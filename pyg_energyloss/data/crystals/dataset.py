"""Crystals as a PyG in-memory data set, built from a flat table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Data, InMemoryDataset

from pyg_energyloss.data.crystals.table import CrystalTable


class CrystalDataset(InMemoryDataset):
    """A PyG data set of crystals; nothing is downloaded, processed or cached on disk.

    Each item has

    - `z` [num_nodes]: atomic numbers;
    - `pos` [num_nodes, 3]: positions, Å, in any cell;
    - `cell` [1, 3, 3]: lattice vectors in rows, Å; `pbc` [1, 3]: all true;
    - `site` [num_nodes]: how many atoms of the same element come before, in the file's order; tells
      sites of one element apart where the composition is all that is known;
    - `formula` [1]: number of the reduced composition, the same for polymorphs of the table;
    - `crystal_id` [1]: row of the table.

    Args:
        table: The crystals.
        rows: Which of them, all if None.
        transform: PyG transform, called at each access.
    """

    def __init__(
        self,
        table: CrystalTable,
        rows: NDArray[np.int64] | None = None,
        *,
        transform: Callable[[Data], Data] | None = None,
    ) -> None:
        super().__init__(root=None, transform=transform)
        rows = np.arange(len(table)) if rows is None else np.asarray(rows, dtype=np.int64)
        self.table = table
        formula = table.compositions()[rows]
        chosen = table.take(rows)
        count = len(chosen)
        atoms, one = torch.from_numpy(chosen.ptr), torch.arange(count + 1)
        self.data = Data(
            z=torch.from_numpy(chosen.z),
            pos=torch.from_numpy(chosen.pos).float(),
            site=torch.from_numpy(_ordinals(chosen)),
            cell=torch.from_numpy(chosen.cell).float(),
            pbc=torch.ones(count, 3, dtype=torch.bool),
            formula=torch.from_numpy(formula),
            crystal_id=torch.from_numpy(rows.copy()),
        )
        self.slices = {
            key: atoms if key in {"z", "pos", "site"} else one
            for key in self._data.keys()  # noqa: SIM118 - PyG
        }


def _ordinals(table: CrystalTable) -> NDArray[np.int64]:
    """How many atoms of the same element of the same crystal come before each atom."""
    kind = table.owner * (table.z.max(initial=0) + 1) + table.z
    order = np.argsort(kind, kind="stable")
    first = np.searchsorted(kind[order], kind[order])
    found = np.empty(len(kind), dtype=np.int64)
    found[order] = np.arange(len(kind)) - first
    return found
