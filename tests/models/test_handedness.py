from dataclasses import replace

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from pyg_energyloss import registry
from pyg_energyloss.data import qm9_small
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.experiments.structures.tasks import Denoise, Geometry
from pyg_energyloss.models.handedness import one_hand, right_handed
from pyg_energyloss.restraints import from_data, violations
from pyg_energyloss.symmetry import StereoGraph, hand_of, mirrored_tags

TABLE = qm9_small()["test"].table
#: Rows of the table: molecules with no, one and several centres.
ROWS = np.arange(100, 1300, 40)


@pytest.fixture(scope="module")
def molecules():
    return MoleculeDataset(TABLE, ROWS, stereo=True)


@pytest.fixture(scope="module")
def images():
    return MoleculeDataset(replace(TABLE, pos=-TABLE.pos), ROWS, stereo=True)


def batch_of(dataset):
    return Batch.from_data_list([dataset[i] for i in range(len(dataset))])


def is_chiral(one, other):
    return one.hand != other.hand


def test_tags_of_the_mirror_image_are_mirrored_tags(molecules, images):
    table = torch.tensor(mirrored_tags())
    assert torch.equal(table[batch_of(molecules).stereo], batch_of(images).stereo)
    assert torch.equal(table[table], torch.arange(len(table)))


def test_a_mirror_turns_the_hand_of_whatever_has_a_centre(molecules, images):
    pairs = [(molecules[i], images[i]) for i in range(len(molecules))]
    have = [bool(from_data(one, kinds=["chirality"]).kind.numel()) for one, _ in pairs]
    assert [is_chiral(one, other) for one, other in pairs] == have
    assert 0 < sum(have) < len(have)


def test_the_hand_does_not_depend_on_how_atoms_are_numbered(molecules):
    random = np.random.default_rng(0)
    for item in molecules[:10]:
        order = random.permutation(item.num_nodes)
        place, once = np.argsort(order), item.edge_index[:, ::2].t().numpy()
        graph = StereoGraph(place[once], item.z.numpy()[order], item.bond_type[::2].numpy())
        assert hand_of(item.pos.numpy()[order], graph) == int(item.hand)


def test_a_meso_form_has_the_hand_one_whatever_its_orientation():
    """Two centres of one key and of opposite hands come to no decision."""
    half = np.array([[0.0, 0.4, 0.8], [1.2, 1.0, 0.9], [-1.1, 1.3, 0.7], [0.1, -0.9, 1.6]])
    pos = np.concatenate([half, half * [1, 1, -1]]).astype(np.float32)
    bonds = np.array([[0, 1], [0, 2], [0, 3], [4, 5], [4, 6], [4, 7], [0, 4]])
    graph = StereoGraph(bonds, np.array([6, 9, 17, 1, 6, 9, 17, 1]))
    assert len(graph.centres) == 2
    assert hand_of(pos, graph) == hand_of(-pos, graph) == 1


@pytest.mark.parametrize("name", ["gnn", "egnn"])
def test_asked_for_the_mirror_image_a_model_gives_the_mirror_image(name, molecules, images):
    torch.manual_seed(0)
    model = registry.create("model", name, channels=8, layers=2, stereo=True)
    asked, mirrored = batch_of(molecules), batch_of(images)
    asked.input_pos = mirrored.input_pos = torch.randn(asked.pos.shape)
    differs = (asked.hand != mirrored.hand)[asked.batch]
    assert torch.equal(model(mirrored)[differs], -model(asked)[differs])
    assert torch.equal(model(mirrored)[~differs], model(asked)[~differs])


@pytest.mark.parametrize("name", ["gnn", "egnn"])
def test_a_mirrored_noised_structure_is_denoised_to_the_mirror_image(name, molecules, images):
    torch.manual_seed(0)
    model = registry.create("model", name, channels=8, layers=2, stereo=True)
    asked = Denoise().prepare(batch_of(molecules), torch.Generator().manual_seed(0))
    mirrored = batch_of(images)
    mirrored.input_pos, mirrored.noise_level = -asked.input_pos, asked.noise_level
    differs = (asked.hand != mirrored.hand)[asked.batch]
    torch.testing.assert_close(model(mirrored)[differs], -model(asked)[differs])


@pytest.mark.parametrize("name", ["gnn", "egnn"])
def test_the_only_centre_of_a_molecule_is_right_before_any_training(name, molecules):
    torch.manual_seed(0)
    model = registry.create("model", name, channels=8, layers=2, stereo=True)
    batch = Geometry().prepare(batch_of(molecules), torch.Generator().manual_seed(0))
    pos = model.eval()(batch)
    alone = 0
    for item, predicted in zip(molecules, pos.split(batch.ptr.diff().tolist()), strict=True):
        terms = from_data(item, kinds=["chirality"])
        if len(terms) == 1:
            alone += 1
            assert not violations(predicted, terms)
    assert alone > 3


def test_the_image_with_more_right_centres_is_taken_and_nothing_else_moves(molecules):
    batch = batch_of(molecules)
    assert torch.equal(right_handed(batch.pos, batch), batch.pos)
    chiral = torch.tensor([len(from_data(m, kinds=["chirality"])) > 0 for m in molecules])
    turned = right_handed(-batch.pos, batch)
    side = torch.where(chiral, 1.0, -1.0)[batch.batch, None]
    assert torch.equal(turned, side * batch.pos)


def test_gradients_go_through_the_mirror(molecules):
    batch = batch_of(molecules)
    pos = (-batch.pos).requires_grad_()
    weight = torch.randn(pos.shape)
    (right_handed(pos, batch) * weight).sum().backward()
    assert torch.equal(pos.grad.abs(), weight.abs())
    assert (pos.grad == -weight).any()


def test_data_without_tags_are_named_as_the_reason(molecules):
    item = molecules[0].clone()
    del item.hand
    with pytest.raises(ValueError, match="load the data set with `stereo=True`"):
        one_hand(item)
