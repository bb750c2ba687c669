import math

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from pyg_energyloss.data.bond_tables import DOUBLE, SINGLE, TRIPLE, VALENCES
from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.metrics.generated import Stability
from pyg_energyloss.metrics.generated.stability import stable_atoms_of
from pyg_energyloss.metrics.generated.structure import structure


def by_double_loop(molecule):
    """Atoms whose valences are filled, the way the definition reads."""
    symbols = [SYMBOLS[n] for n in molecule.z.tolist()]
    pos = molecule.pos.double().tolist()

    def length(table, a, b):
        return table.get(a, {}).get(b) or table.get(b, {}).get(a) or -math.inf

    found = []
    for i, a in enumerate(symbols):
        total = 0
        for j, b in enumerate(symbols):
            if i == j:
                continue
            pm = 100 * math.dist(pos[i], pos[j])
            if pm < length(SINGLE, a, b) + 10:
                total += 1
                if pm < length(DOUBLE, a, b) + 5:
                    total += 1
                    total += pm < length(TRIPLE, a, b) + 3
        found.append(total in VALENCES.get(a, ()))
    return found


def test_it_is_the_double_loop(qm9, druglike):
    generator = torch.Generator().manual_seed(0)
    for molecule in qm9[::20] + druglike:
        for noise in (0.0, 0.05, 0.3):
            moved = molecule.pos + noise * torch.randn(molecule.pos.shape, generator=generator)
            other = Data(z=molecule.z, pos=moved)
            if structure(other) is None:  # two atoms in one place, which the definition allows
                continue
            assert stable_atoms_of(other)[0].tolist() == by_double_loop(other)


def test_broken_molecules_count_as_unstable_atom_by_atom(broken, water):
    values = Stability()([*broken, water])
    atoms = sum(m.z.numel() for m in broken)
    assert values["atom_stable"] == pytest.approx(3 / (3 + atoms))
    assert values["molecule_stable"] == values["connected"] == pytest.approx(1 / 10)


def test_an_atom_lost_is_counted(water):
    apart = Data(z=water.z, pos=water.pos + torch.tensor([[0.0] * 3, [0.0] * 3, [0, -9.0, 0]]))
    values = Stability()([apart])
    assert values == {"atom_stable": pytest.approx(1 / 3), "molecule_stable": 0, "connected": 0}


def test_crowded_atoms_are_no_index_error():
    # 60 carbons within bonding distance of each other: far more bonds than any valence.
    pos = 0.3 * torch.from_numpy(np.indices((4, 4, 4)).reshape(3, -1).T.copy()).float()
    crowd = Data(z=torch.full((64,), 6), pos=pos)
    assert Stability()([crowd])["atom_stable"] == 0


def test_no_molecules_is_nan():
    assert all(math.isnan(value) for value in Stability()([]).values())


def test_phosphorus_may_have_three_bonds():
    # PH3: three bonds of 144 pm; phosphorus may have 3 or 5.
    pos = [[0.0, 0, 0], [1.42, 0, 0], [0, 1.42, 0], [0, 0, 1.42]]
    phosphine = Data(z=torch.tensor([15, 1, 1, 1]), pos=torch.tensor(pos))
    assert Stability()([phosphine])["molecule_stable"] == 1
