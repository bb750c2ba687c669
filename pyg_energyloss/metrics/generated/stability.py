"""Atom and molecule stability: have the atoms of a generated molecule the bonds they need."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from torch_geometric.data import Data

from pyg_energyloss.data.bond_tables import VALENCES, bond_orders
from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.metrics.generated.structure import structure


class Stability:
    """Shares of atoms and molecules whose bonds, read off the distances, fill their valences.

    It is meant for molecules with all their hydrogens; of molecules without them only
    ``connected`` means something. What `structure` refuses counts as unstable, atom by atom, and as
    not connected.

    Returns of a call:
        ``atom_stable``: share of all atoms whose bond orders add up to an allowed valence.
        ``molecule_stable``: share of molecules all of whose atoms are.
        ``connected``: share of molecules that are one piece.

    >>> import torch
    >>> hydrogen = Data(z=torch.tensor([1, 1]), pos=torch.tensor([[0.0, 0, 0], [0, 0, 0.74]]))
    >>> Stability()([hydrogen])
    {'atom_stable': 1.0, 'molecule_stable': 1.0, 'connected': 1.0}

    Source: Hoogeboom et al., "Equivariant Diffusion for Molecule Generation in 3D", ICML 2022,
    section 5; see `bond_orders`. Collisions of atoms are not looked at there.
    """

    judges_sets = True
    keys = ("atom_stable", "molecule_stable", "connected")

    def __call__(
        self, generated: Sequence[Data], *, reference: Sequence[Data] = ()
    ) -> dict[str, float]:
        """Judge molecules with ``z`` [num_nodes] and ``pos`` [num_nodes, 3] in Å."""
        del reference
        atoms = stable_atoms = stable = connected = 0
        for molecule in generated:
            filled, pieces = stable_atoms_of(molecule)
            atoms += filled.size
            stable_atoms += int(filled.sum())
            stable += bool(filled.size and filled.all())
            connected += pieces == 1
        count, nan = len(generated), float("nan")
        return {
            "atom_stable": stable_atoms / atoms if atoms else nan,
            "molecule_stable": stable / count if count else nan,
            "connected": connected / count if count else nan,
        }


def stable_atoms_of(molecule: Data) -> tuple[NDArray[np.bool_], int]:
    """Return which atoms have an allowed valence [num_nodes], and the number of pieces.

    Args:
        molecule: With ``z`` [num_nodes] and ``pos`` [num_nodes, 3], Å.
    """
    found = structure(molecule)
    if found is None:
        return np.zeros(molecule.z.numel(), dtype=np.bool_), 0
    orders = bond_orders(found.z, found.pos)
    total = np.minimum(orders.sum(1), _ALLOWED.shape[1] - 1)
    return _ALLOWED[found.z, total], int(connected_components(csr_array(orders), directed=False)[0])


def _allowed() -> NDArray[np.bool_]:
    """Whether an element may have so many bonds, [elements, bonds]; the last column is "more"."""
    table = np.zeros((len(SYMBOLS), 2 + max(max(v) for v in VALENCES.values())), dtype=np.bool_)
    for symbol, valences in VALENCES.items():
        table[SYMBOLS.index(symbol), list(valences)] = True
    return table


_ALLOWED = _allowed()
