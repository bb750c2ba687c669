"""Molecules from the items of any PyG data set with ``z``, ``pos`` and bonds, as QM9's."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from torch_geometric.data import Data

from pyg_energyloss.data.records import Molecule, MoleculeTable


def from_pyg(items: Iterable[Data]) -> MoleculeTable:
    """Make a table of PyG items.

    Args:
        items: Each with ``z`` [num_nodes], ``pos`` [num_nodes, 3], ``edge_index`` [2, num_bonds]
            (bonds, both directions) and ``edge_attr`` [num_bonds, >= 4], whose first four columns
            are one-hot single, double, triple, aromatic, as in `torch_geometric.datasets.QM9`.

    Raises:
        ValueError: an item lacks one of these, has fewer than two atoms, or positions that are not
            finite.
    """
    molecules = []
    for row, item in enumerate(items):
        missing = [k for k in ("z", "pos", "edge_index", "edge_attr") if item.get(k) is None]
        if missing:
            raise ValueError(
                f"item {row} has no {', '.join(missing)}; expected items as of PyG's QM9"
            )
        z, pos = item.z.numpy(), item.pos.numpy().astype(np.float64)
        name = str(item.get("name", row))
        if len(z) < 2 or not np.isfinite(pos).all():  # noqa: PLR2004 - a pair needs two
            raise ValueError(
                f"item {row} ({name}) has {len(z)} atom(s), positions "
                f"{'finite' if np.isfinite(pos).all() else 'not finite'}; expected at least two "
                "atoms and finite positions"
            )
        edges = item.edge_index.numpy()
        kind = item.edge_attr[:, :4].argmax(dim=1).numpy() + 1
        once = edges[0] < edges[1]
        molecules.append(Molecule(z, pos, edges[:, once].T, kind[once], name, str(row)))
    return MoleculeTable.from_molecules(molecules)
