"""Molecules as a PyG in-memory data set, built from a flat table without any file of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import Data, InMemoryDataset

from pyg_energyloss.data.hops import hop_edges
from pyg_energyloss.data.records import MoleculeTable
from pyg_energyloss.symmetry.stereo import StereoGraph
from pyg_energyloss.symmetry.stereo_tags import hand_of, stereo_tags


class MoleculeDataset(InMemoryDataset):
    """A PyG data set of molecules; nothing is downloaded, processed or cached on disk.

    Each item has

    - `z` [num_nodes]: atomic numbers;
    - `pos` [num_nodes, 3]: positions, Å;
    - `edge_index` [2, num_bonds]: bonds, both directions;
    - `bond_type` [num_bonds]: 1, 2, 3 for single, double, triple; 4 for aromatic;
    - `hop_index` [2, num_pairs]: pairs at most `max_hops` bonds apart, both directions;
    - `hop` [num_pairs]: bonds between the two atoms of such a pair;
    - `charge` [1]: total charge, e;
    - `mol_id` [1]: row of the molecule in the table;
    - `group` [1]: what is never split: the conformers of a molecule, or molecules of one scaffold;
    - `stereo` [num_pairs], if asked for: the hand of centres and double bonds, see `stereo_tags`;
    - `hand` [1], with `stereo`: 1 or -1, that of the whole molecule, see `hand_of`.

    Args:
        table: The molecules.
        rows: Which of them, all if None.
        max_hops: Largest topological distance in ``hop_index``.
        stereo: add the feature ``stereo``, for models that are to predict the right hand.
        transform: PyG transform, called at each access (e.g. `RigidEdgeTransform`).
    """

    def __init__(
        self,
        table: MoleculeTable,
        rows: NDArray[np.int64] | None = None,
        *,
        max_hops: int = 3,
        stereo: bool = False,
        transform: Callable[[Data], Data] | None = None,
    ) -> None:
        super().__init__(root=None, transform=transform)
        rows = np.arange(len(table)) if rows is None else np.asarray(rows, dtype=np.int64)
        self.table = table
        data, slices = _flat(table, rows, max_hops)
        if stereo:
            data.stereo, data.hand = _stereo(data, slices)
            slices |= {"stereo": slices["hop"], "hand": slices["mol_id"]}
        self.data, self.slices = data, slices

    def with_attributes(self, items: Sequence[Data]) -> MoleculeDataset:
        """Add what the items hold besides, one item for each molecule, in place; see `collate`.

        Args:
            items: Tensors only, the same keys in all of them.
        """
        data, slices = self.collate(items)
        for key, value in data.items():
            # PyG has no slices for a single item.
            ptr = [0, value.size(data.__cat_dim__(key, value))] if slices is None else slices[key]
            self._data[key], self.slices[key] = value, torch.as_tensor(ptr)
        self._data_list = None  # PyG's items so far
        return self

    def name_of(self, index: int) -> str:
        """Where item ``index`` comes from."""
        return str(self.table.name[int(self.get(self.indices()[index]).mol_id)])


def _flat(
    table: MoleculeTable, rows: NDArray[np.int64], max_hops: int
) -> tuple[Data, dict[str, Tensor]]:
    """Data and slices as `InMemoryDataset.collate` would make them, by array arithmetic."""
    atoms, atom_ptr = _gather(table.atom_ptr, rows)
    bonds, bond_ptr = _gather(table.bond_ptr, rows)
    bond_owner = np.repeat(np.arange(len(rows)), np.diff(bond_ptr))
    once = table.bonds[bonds] + atom_ptr[bond_owner, None]
    # Both directions, molecule after molecule: b0, b0 reversed, b1, b1 reversed, ...
    both = np.stack([once, once[:, ::-1]], axis=1).reshape(-1, 2).T
    pairs, hop = hop_edges(both, len(atoms), max_hops=max_hops)
    pair_ptr = np.searchsorted(pairs[0], atom_ptr)
    pair_owner = np.repeat(np.arange(len(rows)), np.diff(pair_ptr))
    data = Data(
        z=torch.from_numpy(table.z[atoms]),
        pos=torch.from_numpy(table.pos[atoms]),
        edge_index=torch.from_numpy(
            np.ascontiguousarray(both - atom_ptr[np.repeat(bond_owner, 2)])
        ),
        bond_type=torch.from_numpy(np.repeat(table.bond_type[bonds], 2)),
        hop_index=torch.from_numpy(np.ascontiguousarray(pairs - atom_ptr[pair_owner])),
        hop=torch.from_numpy(hop),
        charge=torch.from_numpy(table.charge[rows]),
        mol_id=torch.from_numpy(rows.copy()),
        group=torch.from_numpy(table.group[rows]),
    )
    single = torch.arange(len(rows) + 1)
    slices = {
        "z": torch.from_numpy(atom_ptr),
        "pos": torch.from_numpy(atom_ptr),
        "edge_index": torch.from_numpy(2 * bond_ptr),
        "bond_type": torch.from_numpy(2 * bond_ptr),
        "hop_index": torch.from_numpy(pair_ptr),
        "hop": torch.from_numpy(pair_ptr),
        "charge": single,
        "mol_id": single,
        "group": single,
    }
    return data, slices


def _stereo(data: Data, slices: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """The tags of all pairs, molecule after molecule, and the hand of every molecule."""
    atoms, bonds, pairs = (slices[key].tolist() for key in ("pos", "edge_index", "hop"))
    tags, hands = [], []
    for item in range(len(atoms) - 1):
        nodes, listed = slice(atoms[item], atoms[item + 1]), slice(pairs[item], pairs[item + 1])
        once = slice(bonds[item], bonds[item + 1], 2)
        graph = StereoGraph(
            data.edge_index[:, once].t().numpy(),
            data.z[nodes].numpy(),
            data.bond_type[once].numpy(),
        )
        pos = data.pos[nodes].numpy()
        tags.append(stereo_tags(data.hop_index[:, listed].numpy(), pos, graph))
        hands.append(hand_of(pos, graph))
    return torch.from_numpy(np.concatenate(tags)), torch.tensor(hands)


def _gather(ptr: NDArray[np.int64], rows: NDArray[np.int64]) -> tuple[Any, NDArray[np.int64]]:
    """Positions of the elements of ``rows`` in a ragged array, and the new ptr."""
    counts = (ptr[1:] - ptr[:-1])[rows]
    new = np.concatenate([[0], np.cumsum(counts)])
    owner = np.repeat(np.arange(len(rows)), counts)
    return np.arange(new[-1]) - new[owner] + ptr[rows][owner], new
