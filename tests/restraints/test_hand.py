"""The choice between a structure and its mirror image."""

import pytest
import torch
from torch_geometric.data import Batch

from pyg_energyloss import registry
from pyg_energyloss.restraints import Kind, Restraints, choose_hand, from_data, violations
from pyg_energyloss.transforms import RestraintTransform


@pytest.fixture(scope="module")
def molecules():
    transform = RestraintTransform(kinds=("bond", "chirality"))
    test = [transform(item) for item in registry.create("dataset", "qm9_small")["test"][:80]]
    chiral = [item for item in test if (item.restraint_kind == Kind.CHIRALITY).any()][:6]
    flat = next(item for item in test if not (item.restraint_kind == Kind.CHIRALITY).any())
    return Batch.from_data_list([*chiral, flat])


def chosen(pos, batch):
    terms = Restraints.stored_in(batch)
    return choose_hand(pos, terms, batch=batch.batch, num_graphs=batch.num_graphs)


def test_mirror_images_are_turned_over_and_the_others_stay(molecules):
    kept, away = molecules.pos, torch.tensor([3.0, -2.0, 1.0])
    torch.testing.assert_close(chosen(kept, molecules), kept, rtol=0, atol=1e-5)
    back = chosen(away - kept, molecules)
    terms = Restraints.stored_in(molecules)
    assert violations(away - kept, terms)
    assert not violations(back, terms)
    # What has no centre stays as it is.
    last = molecules.batch == molecules.num_graphs - 1
    torch.testing.assert_close(back[last], away - kept[last])


def test_distances_and_centroids_are_kept(molecules):
    pos = 5.0 - molecules.pos
    back = chosen(pos, molecules)
    for graph in range(molecules.num_graphs):
        own = molecules.batch == graph
        torch.testing.assert_close(
            torch.cdist(back[own], back[own]), torch.cdist(pos[own], pos[own])
        )
        torch.testing.assert_close(back[own].mean(0), pos[own].mean(0))


def test_gradients_go_through_the_reflection(molecules):
    pos = (-molecules.pos).double().requires_grad_()
    first = molecules.batch == 0
    chosen(pos, molecules)[first, 0].pow(2).sum().backward()
    expected = 2 * (pos.detach() - pos.detach()[first].mean(0))[first, 0]
    about = 2 * pos.detach()[first, 0].mean()
    torch.testing.assert_close(pos.grad[first, 0], expected + about)
    assert not pos.grad[~first].any()


def test_half_of_the_centres_wrong_or_none_there_leaves_a_structure(molecules):
    pos = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    either = Restraints.of("chirality", [(0, 1, 2, 3, 0)] * 2, [(1.0, 2.0), (-2.0, -1.0)])
    torch.testing.assert_close(choose_hand(pos, either), pos)
    bonds = from_data(molecules[0], kinds=["bond"])
    torch.testing.assert_close(choose_hand(-molecules[0].pos, bonds), -molecules[0].pos)
    assert choose_hand(torch.zeros(0, 3), either.where(either.weight < 0)).shape == (0, 3)
