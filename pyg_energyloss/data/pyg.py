"""Any PyG data set of structures as molecules to train on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import Data, Dataset

from pyg_energyloss.data.bond_tables import VALENCES
from pyg_energyloss.data.bonds import perceive_bonds, table_bonds
from pyg_energyloss.data.crystals.dataset import CrystalDataset
from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.data.records import Molecule, MoleculeTable
from pyg_energyloss.data.splits import FRACTIONS, split_groups
from pyg_energyloss.data.structure import Structure

#: Columns of QM9's ``edge_attr`` that are single, double, triple, aromatic.
KINDS = 4
#: Tied to edges that are replaced by the bonds.
DROPPED = {"edge_attr", "edge_weight"}


def from_pyg(items: Iterable[Data]) -> MoleculeTable:
    """Make a table of PyG items.

    Bonds are those of ``edge_index`` if ``bond_type`` [num_edges] is there, or an ``edge_attr``
    whose first four columns are one-hot single, double, triple, aromatic, as in
    `torch_geometric.datasets.QM9`. Any other ``edge_index`` (neighbours within a radius, say) is
    not taken for bonds: these are then told by the distances, with `bond_orders` if it knows all
    elements, else with RDKit.

    Args:
        items: Each with ``z`` [num_nodes] and ``pos`` [num_nodes, 3], Å; ``charge`` is heeded.

    Raises:
        ValueError: an item lacks one of these, has fewer than two atoms, or positions that are not
            finite.
        ImportError: RDKit is needed and missing.
    """
    molecules = []
    for row, item in enumerate(items):
        missing = [key for key in ("z", "pos") if item.get(key) is None]
        if missing:
            raise ValueError(
                f"item {row} has no {', '.join(missing)}; expected `Data` with `z` [num_nodes], "
                "atomic numbers, and `pos` [num_nodes, 3], Å"
            )
        found = Structure.from_data(item)
        name = str(item.get("name", row))
        Structure(found.z, found.pos, f"item {row} ({name})").checked()
        charge = item.get("charge")
        number = int(charge) if isinstance(charge, Tensor) and charge.numel() == 1 else 0
        bonds, bond_type = _bonds(item, found, number)
        molecules.append(Molecule(found.z, found.pos, bonds, bond_type, name, str(row), number))
    return MoleculeTable.from_molecules(molecules)


def as_splits(
    made: Any, *, name: str = "data set", split_seed: int = 0, max_hops: int = 3
) -> dict[str, MoleculeDataset]:
    """Molecules to train on, of any PyG data set of structures.

    A transform stays (`RigidEdgeTransform` draws anew at each access), and so does every tensor of
    the items, such as the edges that a ``pre_transform`` drew; ``edge_index`` becomes the bonds.

    Args:
        made: A dict with ``train``, ``val`` and ``test``, or one data set, which is then split
            80 : 10 : 10. Each is a `MoleculeDataset`, or holds `Data` as `from_pyg` reads them; a
            `CrystalDataset` stays what it is.
        name: For messages.
        split_seed: Seed of the split.
        max_hops: Largest topological distance in ``hop_index``.

    Raises:
        TypeError: it is something else.
        ValueError: an item is no structure, or there are fewer than three.
    """
    if isinstance(made, Mapping):
        lacking = [split for split in FRACTIONS if split not in made]
        if lacking:
            raise TypeError(
                f"{name}: has no split {', '.join(lacking)}; expected train, val and test, or one "
                "data set"
            )
        return {
            split: made[split]
            if isinstance(made[split], MoleculeDataset | CrystalDataset)
            else _molecules(_items(made[split], f"{name}, split {split}"), made[split], max_hops)
            for split in FRACTIONS
        }
    items = _items(made, name)
    table = from_pyg(items)
    return {
        split: _molecules([items[row] for row in rows], made, max_hops, table=table, rows=rows)
        for split, rows in split_groups(table.group, seed=split_seed).items()
    }


def _items(made: Any, name: str) -> list[Data]:
    """The items before their transform."""
    if isinstance(made, Dataset):
        found = [made.get(row) for row in made.indices()]
    elif isinstance(made, Iterable):
        found = list(made)
    else:
        found = [made]
    for row, item in enumerate(found):
        if not isinstance(item, Data):
            raise TypeError(
                f"{name}: item {row} is a {type(item).__name__}, expected torch_geometric.data.Data"
                " with `z` and `pos`"
            )
    return found


def _molecules(
    items: list[Data],
    made: Any,
    max_hops: int,
    *,
    table: MoleculeTable | None = None,
    rows: NDArray[np.int64] | None = None,
) -> MoleculeDataset:
    found = MoleculeDataset(
        from_pyg(items) if table is None else table,
        rows,
        max_hops=max_hops,
        transform=getattr(made, "transform", None),
    )
    shared = set.intersection(*({k for k, v in i.items() if torch.is_tensor(v)} for i in items))
    here = set(found._data.keys())  # noqa: SLF001 - `.data` warns on access
    others = sorted(shared - here - DROPPED)
    if not others:
        return found
    return found.with_attributes([Data(**{key: item[key] for key in others}) for item in items])


def _bonds(
    item: Data, found: Structure, charge: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    edges, kind, features = (item.get(key) for key in ("edge_index", "bond_type", "edge_attr"))
    if kind is None and features is not None and features.dim() == 2:  # noqa: PLR2004 - a matrix
        first = features[:, :KINDS]
        one_hot = first.shape[1] == KINDS and bool(((first == 0) | (first == 1)).all())
        if one_hot and bool((first.sum(dim=1) == 1).all()):
            kind = first.argmax(dim=1) + 1
    if edges is not None and kind is not None:
        pairs, kinds = edges.cpu().numpy(), kind.cpu().numpy()
        once = pairs[0] < pairs[1]
        return pairs[:, once].T, kinds[once]
    if all(number < len(SYMBOLS) and SYMBOLS[number] in VALENCES for number in set(found.z)):
        return table_bonds(found.z, found.pos)
    return perceive_bonds(found.z, found.pos, charges=(charge,))[:2]
