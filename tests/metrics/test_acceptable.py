"""What a chemist would accept: bonds, no clash, the stereo of the structure or its mirror image."""

import math

import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import registry
from pyg_energyloss.metrics import AcceptableEvaluator


@pytest.fixture(scope="module")
def molecules():
    train = registry.create("dataset", "qm9_small")["train"]
    return Batch.from_data_list([train[i] for i in range(0, 300, 10)])


def test_the_truth_and_its_mirror_image_are_acceptable(molecules):
    evaluate = registry.create("evaluator", "acceptable")
    for pos in (molecules.pos, -molecules.pos):
        found = evaluate(pos, molecules)
        assert found["acceptable"].tolist() == [1.0] * molecules.num_graphs
        assert found["stereo"].isnan().any()


def test_one_long_bond_is_enough_to_refuse(molecules):
    pos = molecules.pos.clone()
    hydrogen = int((molecules.z[molecules.batch == 0] == 1).nonzero()[0])
    heavy = int(molecules.edge_index[1, molecules.edge_index[0] == hydrogen][0])
    away = pos[hydrogen] - pos[heavy]
    pos[hydrogen] += 0.11 * away / away.norm()
    found = AcceptableEvaluator()(pos, molecules)
    assert found["bonds_close"].tolist() == [0.0] + [1.0] * (molecules.num_graphs - 1)
    torch.testing.assert_close(found["acceptable"], found["bonds_close"])
    assert AcceptableEvaluator(bond=0.12)(pos, molecules)["bonds_close"].min() == 1


def chain(turn):
    """A chain of six carbon atoms whose middle torsion is turned."""
    pos = [
        [0.0, 0, 0],
        [1.5, 0, 0],
        [2.0, 1.4, 0],
        [2.0 + 1.5, 1.4, 0],
        [4.0, 2.8, 0],
        [5.5, 2.8, 0],
    ]
    pos = torch.tensor(pos)
    axis = (pos[3] - pos[2]) / (pos[3] - pos[2]).norm()
    c, s = math.cos(turn), math.sin(turn)
    x, y, z = axis.tolist()
    cross = torch.tensor([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    rotation = c * torch.eye(3) + s * cross + (1 - c) * torch.outer(axis, axis)
    pos[4:] = (pos[4:] - pos[3]) @ rotation.T + pos[3]
    bonds = torch.tensor([[0, 1, 2, 3, 4], [1, 2, 3, 4, 5]])
    return Data(pos=pos, z=torch.full((6,), 6), edge_index=torch.cat([bonds, bonds.flip(0)], dim=1))


def test_atoms_on_top_of_each_other_clash():
    batch = Batch.from_data_list([chain(0.0)])
    pos = batch.pos.clone()
    pos[5] = pos[0] + 0.1
    pos[4] = pos[5] + torch.tensor([1.5, 0, 0])
    found = AcceptableEvaluator(bond=99.0)(pos, batch)
    assert (found["no_clash"], found["bonds_close"], found["acceptable"]) == (0, 1, 0)
    assert AcceptableEvaluator()(chain(2.0).pos, batch)["acceptable"] == 1


def test_one_of_two_centres_inverted_is_refused(molecules):
    """A diastereomer is neither the structure nor its mirror image."""
    found = AcceptableEvaluator(bond=99.0)
    pos = molecules.pos.clone()
    several = []
    for graph in range(molecules.num_graphs):
        stereo = registry.create("evaluator", "stereo")
        item = molecules[graph]
        one = Batch.from_data_list([item])
        moved = item.pos.clone()
        for atom in range(len(moved)):
            trial = item.pos.clone()
            around = item.edge_index[1, item.edge_index[0] == atom]
            if len(around) != 4:
                continue
            first, second = around[:2]
            trial[[int(first), int(second)]] = trial[[int(second), int(first)]]
            share = stereo(trial, one)["right_centres"].item()
            if 0 < share < 1:
                moved = trial
                several.append(graph)
                break
        pos[molecules.batch == graph] = moved
    assert several
    stereo = found(pos, molecules)["stereo"]
    assert all(stereo[graph] == 0 for graph in several)


def test_positions_that_are_not_finite_are_refused(molecules):
    found = AcceptableEvaluator()(torch.full_like(molecules.pos, torch.nan), molecules)
    assert found["acceptable"].max() == 0


def test_a_masked_atom_is_not_there(molecules):
    pos, data = molecules.pos.clone(), molecules.clone()
    data.pos_mask = torch.ones(len(pos), dtype=torch.bool)
    data.pos_mask[0], pos[0] = False, pos[0] + 50.0
    assert AcceptableEvaluator()(pos, molecules)["acceptable"][0] == 0
    assert AcceptableEvaluator()(pos, data)["acceptable"][0] == 1


def test_wrong_limit():
    with pytest.raises(ValueError, match="`bond` must be"):
        AcceptableEvaluator(bond=0.0)
