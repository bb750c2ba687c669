"""Crystals as the report draws them."""

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss.experiments.crystals.pictures import kept, pictures


def rock_salt():
    pos = 2.8 * torch.tensor([[0.0, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 1]])
    pos = torch.cat([pos, pos + torch.tensor([2.8, 0.0, 0.0])])
    z = torch.tensor([11] * 4 + [17] * 4)
    return Batch.from_data_list([Data(pos=pos, z=z, cell=5.6 * torch.eye(3)[None])])


def drawn(pos, cell, batch):
    ((true, predicted),) = pictures(kept(pos, cell, batch))
    return true, predicted


def test_atoms_on_a_face_are_drawn_on_the_opposite_one_too():
    batch = rock_salt()
    true, _ = drawn(batch.pos, None, batch)
    assert true["name"] == "Cl4Na4 (test crystal 1)"
    assert len(true["pos"]) == 27
    assert true["elements"].count("Na") == 14
    # Neighbours at 2.8 Å: 54 edges of 2 x 2 x 2 cubes.
    assert len(true["bonds"]) == 54


def test_a_right_prediction_lies_on_the_truth_however_it_is_written_down():
    batch = rock_salt()
    turn = torch.linalg.qr(torch.from_numpy(np.random.default_rng(0).normal(size=(3, 3))))[0]
    cell = batch.cell @ turn.float()
    jumps = torch.tensor([[1.0, -2.0, 0.0]] * 3 + [[0.0, 0.0, 1.0]] * 5)
    pos = (batch.pos + 0.9) @ turn.float() + jumps @ cell[0]
    true, predicted = drawn(pos, cell, batch)
    np.testing.assert_allclose(predicted["pos"], true["pos"], atol=2e-3)
    np.testing.assert_allclose(predicted["cell"], true["cell"], atol=2e-3)
    assert max(predicted["energy"]) < 1e-4
    assert predicted["note"] == "distances off by 0.000 Å, volume by 0.0 %"


def test_a_wrong_lattice_and_a_displaced_atom_are_seen():
    batch = rock_salt()
    pos = batch.pos.clone()
    pos[1, 2] += 0.4
    true, predicted = drawn(1.1 * pos, 1.1 * batch.cell, batch)
    np.testing.assert_allclose(predicted["cell"], 1.1 * np.array(true["cell"]), atol=2e-3)
    assert "volume by 33.1 %" in predicted["note"]
    worst = int(np.argmax(predicted["energy"]))
    np.testing.assert_allclose(np.array(true["pos"][worst])[:2], [2.8, 2.8], atol=1e-3)


@pytest.mark.parametrize("broken", [torch.nan, torch.inf, 0.0])
def test_what_is_no_crystal_is_not_drawn(broken):
    batch = rock_salt()
    assert drawn(batch.pos, broken * torch.ones(1, 3, 3), batch)[1] is None
