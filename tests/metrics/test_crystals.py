"""What the metrics of crystals say of crystals that are known to match or not to."""

import math

import pytest
import torch
from torch_geometric.data import Batch, Data

pytest.importorskip("pymatgen", reason="matching crystals needs pymatgen")
from pyg_energyloss.metrics.crystals import CrystalEvaluator, crystals


def perovskite(z=(38, 22, 8, 8, 8), edge=3.9, shift=0.0):
    fraction = torch.tensor(
        [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
    )
    cell = edge * torch.eye(3)[None]
    return Data(z=torch.tensor(z), pos=(fraction + shift) * edge, cell=cell)


def test_the_crystal_itself_matches_wherever_its_origin_is():
    batch = Batch.from_data_list([perovskite(), perovskite(shift=0.3)])
    found = CrystalEvaluator()(batch.pos + 1.7, batch, 1.03 * batch.cell)
    assert found["match"].tolist() == [1, 1]
    # Scaled and moved crystals match; the lattice is 3 % too long.
    torch.testing.assert_close(found["length_mae"], torch.full((2,), 0.03 * 3.9).double())
    assert found["angle_mae"].tolist() == pytest.approx([0, 0], abs=1e-6)
    torch.testing.assert_close(found["volume_error"], torch.full((2,), 1.03**3 - 1).double())


def test_distances_are_those_of_the_crystal():
    batch = Batch.from_data_list([perovskite()])
    assert CrystalEvaluator()(batch.pos + 2.0, batch)["distance_mae"].item() < 1e-5


def test_a_displaced_atom_counts_in_units_of_the_spacing():
    batch = Batch.from_data_list([perovskite()])
    pos = batch.pos.clone()
    pos[0, 0] += 0.5
    found = CrystalEvaluator()(pos, batch)
    # One atom by 0.5 Å; the best translation takes a fifth of it back.
    rms = 0.5 * math.sqrt((0.8**2 + 4 * 0.2**2) / 5)
    assert found["rmsd"].item() == pytest.approx(rms / (3.9**3 / 5) ** (1 / 3), rel=1e-3)


def test_what_is_no_crystal_does_not_match():
    batch = Batch.from_data_list([perovskite(), perovskite(), perovskite(), perovskite()])
    pos, cell = batch.pos.clone(), batch.cell.clone()
    pos[0] = pos[1]  # two atoms in one place
    pos[5] = torch.nan
    cell[2] = 0.0
    found = CrystalEvaluator()(pos, batch, cell)
    assert found["match"].tolist() == [0, 0, 0, 1]
    assert found["rmsd"].isnan().tolist() == [True, True, True, False]


def test_everyone_may_find_what_their_own_prediction_missed():
    """Two polymorphs, both predicted as the first one: half of METRe, stol for the other."""
    first = perovskite()
    other = perovskite(z=(8, 38, 22, 8, 8))
    batch = Batch.from_data_list([first, other])
    both = Batch.from_data_list([first, first])
    evaluator = CrystalEvaluator()
    true, predicted = crystals(batch.pos, batch), crystals(both.pos, both)
    assert evaluator.pairs(predicted, true)["match"].tolist() == [1, 0]
    assert evaluator.everyone(predicted, true) == {
        "metre": 0.5,
        "crmse": pytest.approx(0.25, abs=1e-6),
    }
    # Exchanged predictions are all found, though none is found in its own place.
    turned = true[::-1]
    assert evaluator.pairs(turned, true)["match"].tolist() == [0, 0]
    assert evaluator.everyone(turned, true)["metre"] == 1.0
    nothing = evaluator.everyone([None, None], true)
    assert nothing == {"metre": 0.0, "crmse": 0.5}
