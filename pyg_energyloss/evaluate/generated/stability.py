"""Atom and molecule stability: have the atoms of a generated molecule the bonds they need."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from torch_geometric.data import Data

from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.evaluate.generated.bond_tables import VALENCES, bond_orders


class Stability:
    """Shares of atoms and molecules whose bonds, read off the distances, fill their valences.

    Molecules without hydrogens are never stable by this count; it is meant for complete ones.

    Returns of a call:
        ``atom_stable``: share of all atoms whose bond orders add up to an allowed valence.
        ``molecule_stable``: share of molecules all of whose atoms are.
        ``connected``: share of molecules that are one piece.

    Source: Hoogeboom et al., ICML 2022, section 5; see `bond_orders`.
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
            filled, pieces = _valences_filled(molecule)
            atoms += filled.size
            stable_atoms += int(filled.sum())
            stable += bool(filled.size and filled.all())
            connected += pieces == 1
        count = max(1, len(generated))
        return {
            "atom_stable": stable_atoms / atoms if atoms else float("nan"),
            "molecule_stable": stable / count,
            "connected": connected / count,
        }


def _valences_filled(molecule: Data) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], int]:
    z, pos = molecule.z.numpy(), molecule.pos.double().numpy()
    if not len(z) or not np.isfinite(pos).all():
        return np.zeros(len(z), dtype=np.bool_), 0
    orders = bond_orders(z, pos)
    symbols = [SYMBOLS[int(n)] if 0 <= n < len(SYMBOLS) else "?" for n in z]
    allowed = [VALENCES.get(symbol, ()) for symbol in symbols]
    filled = np.array([int(n) in v for n, v in zip(orders.sum(1), allowed, strict=True)])
    return filled, int(connected_components(csr_array(orders), directed=False)[0])
