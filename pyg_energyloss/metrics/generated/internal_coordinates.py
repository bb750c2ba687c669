"""Bond lengths, angles and dihedrals of molecules, by the elements and bonds that make them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss.data.bond_tables import bond_orders
from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.functional.geometry.distance import safe_norm
from pyg_energyloss.functional.geometry.internal_coordinates import bond_angle, torsion_angle
from pyg_energyloss.metrics.generated.structure import structure

Values = dict[str, NDArray[np.float64]]
Indices = NDArray[np.int64]
Measure = Callable[[NDArray[np.float64], Indices], NDArray[np.float64]]

#: Atoms with more bonds than any has in a molecule; in a heap of atoms chains are without number.
MOST_BONDS = 8
#: More than there are elements, and than there are bond orders.
BASES = (128, 4)


def internal_coordinates(molecules: Sequence[Data]) -> tuple[Values, Values, Values]:
    """Return lengths in Å, angles and dihedrals in degrees, each by kind.

    A kind is a chain of elements and bond orders, as in ``C1C2O``, the first in the alphabet of its
    two directions. Bonds are those that the distances tell, see `bond_orders`; what `structure`
    refuses has none, and atoms with more than 8 bonds are inside no angle or dihedral. Angles are
    in 0 ... 180, dihedrals in -180 ... 180.

    Args:
        molecules: With ``z`` [num_nodes] and ``pos`` [num_nodes, 3], Å.

    >>> import torch
    >>> water = torch.tensor([[0.0, 0, 0], [0.96, 0, 0], [0, 0.96, 0]])
    >>> lengths, angles, _ = internal_coordinates([Data(z=torch.tensor([8, 1, 1]), pos=water)])
    >>> {kind: values.round(2).tolist() for kind, values in {**lengths, **angles}.items()}
    {'H1O': [0.96, 0.96], 'H1O1H': [90.0]}
    """
    z, pos, bonds, order = _joined(molecules)
    chains, codes = np.arange(len(z))[:, None], z.copy()
    found = []
    first = np.searchsorted(bonds[:, 0], np.arange(len(z) + 1))
    for measure in _MEASURES:
        chains, codes = _longer(chains, codes, first=first, other=bonds[:, 1], order=order, z=z)
        once = chains[:, 0] < chains[:, -1]
        found.append(_by_kind(codes[once], measure(pos, chains[once])))
    return found[0], found[1], found[2]


def _joined(
    molecules: Sequence[Data],
) -> tuple[Indices, NDArray[np.float64], Indices, Indices]:
    """Elements, positions, bonds [2 num_bonds, 2] sorted by the first atom, and their orders."""
    parts = [s for molecule in molecules if (s := structure(molecule)) is not None]
    z, pos, bonds, orders, atoms = [], [], [], [], 0
    for part in parts:
        matrix = bond_orders(part.z, part.pos)
        pairs = np.argwhere(matrix)
        z.append(part.z)
        pos.append(part.pos)
        bonds.append(pairs + atoms)
        orders.append(matrix[pairs[:, 0], pairs[:, 1]])
        atoms += len(part.z)
    none = np.empty(0, dtype=np.int64)
    return (
        np.concatenate([none, *z]),
        np.concatenate([np.empty((0, 3)), *pos]),
        np.concatenate([none.reshape(0, 2), *bonds]),
        np.concatenate([none, *orders]),
    )


def _longer(
    chains: Indices, codes: Indices, *, first: Indices, other: Indices, order: Indices, z: Indices
) -> tuple[Indices, Indices]:
    """Chains of bonded atoms without repetition, one atom longer, in both directions."""
    last = chains[:, -1]
    counts = first[last + 1] - first[last]
    if chains.shape[1] > 1:
        counts = np.where(counts > MOST_BONDS, 0, counts)
    owner = np.repeat(np.arange(len(chains)), counts)
    start = np.cumsum(counts) - counts
    bond = np.arange(len(owner)) - start[owner] + first[last][owner]
    new = other[bond]
    keep = (chains[owner] != new[:, None]).all(axis=1)
    owner, bond, new = owner[keep], bond[keep], new[keep]
    grown = (codes[owner] * BASES[1] + order[bond]) * BASES[0] + z[new]
    return np.concatenate([chains[owner], new[:, None]], axis=1), grown


def _by_kind(codes: Indices, values: NDArray[np.float64]) -> Values:
    found: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
    kinds, which = np.unique(codes, return_inverse=True)
    order = np.argsort(which, kind="stable")
    groups = np.split(values[order], np.cumsum(np.bincount(which, minlength=len(kinds)))[:-1])
    for code, group in zip(kinds.tolist(), groups, strict=False):
        found[_name(code)].append(group)
    return {kind: np.concatenate(parts) for kind, parts in found.items()}


def _name(code: int) -> str:
    parts: list[str] = []
    while True:
        code, number = divmod(code, BASES[0])
        parts.append(SYMBOLS[number])
        if not code:
            return min("".join(parts), "".join(reversed(parts)))
        code, bond = divmod(code, BASES[1])
        parts.append(str(bond))


def _measured(coordinate: Callable[..., Tensor], unit: float = 1.0) -> Measure:
    """The values of a coordinate of the atoms of each chain."""

    def measure(pos: NDArray[np.float64], chains: Indices) -> NDArray[np.float64]:
        values: Tensor = coordinate(*torch.from_numpy(pos)[torch.from_numpy(chains.T)])
        return unit * values.numpy()

    return measure


#: Of chains of two, three and four atoms: lengths in Å, angles and dihedrals in degrees.
_MEASURES = (
    _measured(lambda first, last: safe_norm(last - first)),
    _measured(bond_angle, math.degrees(1.0)),
    _measured(torsion_angle, math.degrees(1.0)),
)
