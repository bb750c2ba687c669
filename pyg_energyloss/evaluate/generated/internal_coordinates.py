"""Bond lengths, angles and dihedrals of molecules, by the elements and bonds that make them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from torch_geometric.data import Data

from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.evaluate.generated.bond_tables import bond_orders

Values = dict[str, NDArray[np.float64]]


def internal_coordinates(molecules: Sequence[Data]) -> tuple[Values, Values, Values]:
    """Return lengths in Å, angles and dihedrals in degrees, each by kind.

    A kind is a chain of elements and bond orders, as in ``C1C2O``, the first in the alphabet of its
    two directions. Bonds are those that the distances tell, see `bond_orders`; molecules with
    non-finite positions have none.

    Args:
        molecules: With ``z`` [num_nodes] and ``pos`` [num_nodes, 3], Å.
    """
    found: list[dict[str, list[float]]] = [defaultdict(list) for _ in range(3)]
    for molecule in molecules:
        pos = molecule.pos.double().numpy()
        if not np.isfinite(pos).all():
            continue
        orders = bond_orders(molecule.z.numpy(), pos)
        for length, measure in ((2, _length), (3, _angle), (4, _dihedral)):
            chains = np.array(list(_chains(orders, length)), dtype=np.int64).reshape(-1, length)
            kinds = [_kind(chain, molecule.z.tolist(), orders) for chain in chains.tolist()]
            for kind, value in zip(kinds, measure(pos, chains).tolist(), strict=True):
                found[length - 2][kind].append(value)
    lengths, angles, dihedrals = (
        {kind: np.array(values) for kind, values in by_kind.items()} for by_kind in found
    )
    return lengths, angles, dihedrals


def _chains(orders: NDArray[np.int64], length: int) -> Iterator[tuple[int, ...]]:
    """Chains of bonded atoms without repetition, each in one direction."""
    neighbours = [np.flatnonzero(row).tolist() for row in orders]
    chains: list[tuple[int, ...]] = [(i,) for i in range(len(orders))]
    for _ in range(length - 1):
        chains = [(*c, j) for c in chains for j in neighbours[c[-1]] if j not in c]
    return (chain for chain in chains if chain[0] < chain[-1])


def _kind(chain: list[int], z: list[int], orders: NDArray[np.int64]) -> str:
    parts = [SYMBOLS[z[chain[0]]]]
    for i, j in pairwise(chain):
        parts += [str(orders[i, j]), SYMBOLS[z[j]]]
    return min("".join(parts), "".join(reversed(parts)))


def _length(pos: NDArray[np.float64], chains: NDArray[np.int64]) -> NDArray[np.float64]:
    lengths: NDArray[np.float64] = np.linalg.norm(pos[chains[:, 0]] - pos[chains[:, 1]], axis=-1)
    return lengths


def _angle(pos: NDArray[np.float64], chains: NDArray[np.int64]) -> NDArray[np.float64]:
    left, right = pos[chains[:, 0]] - pos[chains[:, 1]], pos[chains[:, 2]] - pos[chains[:, 1]]
    across = np.linalg.norm(np.cross(left, right), axis=-1)
    angles: NDArray[np.float64] = np.degrees(np.arctan2(across, (left * right).sum(-1)))
    return angles


def _dihedral(pos: NDArray[np.float64], chains: NDArray[np.int64]) -> NDArray[np.float64]:
    first, middle, last = (pos[chains[:, i + 1]] - pos[chains[:, i]] for i in range(3))
    before, after = np.cross(first, middle), np.cross(middle, last)
    axis = middle / np.maximum(np.linalg.norm(middle, axis=-1, keepdims=True), 1e-12)
    sine = (np.cross(before, after) * axis).sum(-1)
    angles: NDArray[np.float64] = np.degrees(np.arctan2(sine, (before * after).sum(-1)))
    return angles
