"""The least loss over the automorphisms of the molecular graph, against brute force."""

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

import pyg_energyloss as pel
from pyg_energyloss.functional import kabsch_mse
from pyg_energyloss.losses import SymmetricLoss, per_graph
from pyg_energyloss.symmetry import (
    automorphism_generators,
    group_elements,
    group_factors,
    molecule_images,
    near_elements,
    random_elements,
)
from pyg_energyloss.testing import assert_loss_contract, contract_batch


def group_of(item, limit=512):
    found = automorphism_generators(item.edge_index, item.num_nodes, colors=item.z)
    return group_elements(found.numpy(), limit=limit)


def exchanged(items, seed=0, noise=0.3):
    """Noisy, turned molecules whose equivalent atoms were exchanged at random."""
    rng = torch.Generator().manual_seed(seed)
    parts = []
    for item in items:
        pos = item.pos.double()
        generators = automorphism_generators(item.edge_index, item.num_nodes, colors=item.z)
        for generator in generators:
            if torch.rand((), generator=rng) < 0.5:
                pos = pos[generator]
        turn = torch.linalg.qr(torch.randn(3, 3, generator=rng, dtype=torch.float64))[0]
        parts.append(pos @ (turn * torch.linalg.det(turn)))
    pos = torch.cat(parts)
    return pos + noise * torch.randn(pos.shape, generator=rng, dtype=torch.float64)


def collated(items):
    batch = Batch.from_data_list(items)
    batch.pos = batch.pos.double()
    return batch


@pytest.fixture(scope="module")
def molecules():
    found = pel.registry.create("dataset", "qm9_small")
    return [item for split in ("train", "val", "test") for item in found[split]]


def test_equals_brute_force_on_every_molecule_of_qm9_small(molecules):
    batch = collated(molecules)
    pos_pred = exchanged(molecules)
    found = SymmetricLoss(reduction="none")(pos_pred, batch)
    pred, target, graph, owner = [], [], [], []
    groups = [group_of(item) for item in molecules]
    small = [number for number, group in enumerate(groups) if group is not None]
    for number in small:
        item, rows = molecules[number], slice(int(batch.ptr[number]), int(batch.ptr[number + 1]))
        group = groups[number]
        images = batch.pos[rows][torch.from_numpy(group)]
        pred.append(pos_pred[rows].expand(images.shape).reshape(-1, 3))
        target.append(images.reshape(-1, 3))
        graph.append(torch.arange(len(group)).repeat_interleave(item.num_nodes) + len(owner))
        owner.extend([number] * len(group))
    values = kabsch_mse(
        torch.cat(pred), torch.cat(target), batch=torch.cat(graph), num_graphs=len(owner)
    )
    owner = torch.tensor(owner)
    least = torch.full((len(molecules),), torch.inf, dtype=torch.float64)
    least = least.scatter_reduce(0, owner, values, reduce="amin")
    assert len(small) == len(molecules) - 5
    assert (found - least)[small].abs().max() < 5e-6  # Å²: singular values to half the digits
    plain = pel.KabschMSELoss(reduction="none")(pos_pred, batch)
    assert (found < plain - 1e-3).double().mean() > 0.25


@pytest.mark.parametrize(
    "inner",
    [
        pel.CoordinateMSELoss(),
        pel.PairEnergyLoss(),
        pel.PairEnergyLoss() + 0.3 * pel.KabschMSELoss(),
    ],
    ids=repr,
)
def test_any_inner_loss_takes_its_own_least_image(molecules, inner):
    chosen = molecules[::200]
    batch, pos_pred = collated(chosen), exchanged(chosen)
    found = SymmetricLoss(inner, reduction="none")(pos_pred, batch)
    for number, item in enumerate(chosen):
        rows = slice(int(batch.ptr[number]), int(batch.ptr[number + 1]))
        values = [
            per_graph(inner)(pos_pred[rows], Data(pos=batch.pos[rows][torch.from_numpy(image)]))
            for image in group_of(item)
        ]
        torch.testing.assert_close(found[number], torch.cat(values).min())


def test_with_mirror_both_hands_of_every_image_are_tried(molecules):
    chosen = molecules[::200]
    batch, pos_pred = collated(chosen), exchanged(chosen)
    inner = pel.KabschMSELoss(mirror=True, reduction="none")
    found = SymmetricLoss(inner, reduction="none")(pos_pred, batch)
    mirrored = SymmetricLoss(inner, reduction="none")(-pos_pred, batch)
    torch.testing.assert_close(found, mirrored)
    for number, item in enumerate(chosen):
        rows = slice(int(batch.ptr[number]), int(batch.ptr[number + 1]))
        values = [
            inner(pos_pred[rows], Data(pos=batch.pos[rows][torch.from_numpy(image)]))
            for image in group_of(item)
        ]
        torch.testing.assert_close(found[number], torch.cat(values).min())


def test_nodes_of_a_graph_need_not_be_adjacent(molecules):
    chosen = molecules[::400]
    batch, pos_pred = collated(chosen), exchanged(chosen)
    order = torch.randperm(len(pos_pred), generator=torch.Generator().manual_seed(1))
    place = torch.empty_like(order)
    place[order] = torch.arange(len(order))
    mixed = Data(pos=batch.pos[order], z=batch.z[order], edge_index=place[batch.edge_index])
    mixed.batch = batch.batch[order]
    found = SymmetricLoss(reduction="none")(pos_pred[order], mixed)
    torch.testing.assert_close(found, SymmetricLoss(reduction="none")(pos_pred, batch))


def test_beyond_512_it_stays_close_to_brute_force(molecules):
    large = [item for item in molecules if group_of(item) is None]
    assert len(large) == 5
    batch, pos_pred = collated(large), exchanged(large)
    found = SymmetricLoss(reduction="none")(pos_pred, batch)
    for number, item in enumerate(large):
        rows = slice(int(batch.ptr[number]), int(batch.ptr[number + 1]))
        group = group_of(item, limit=40_000)
        images = batch.pos[rows][torch.from_numpy(group)].reshape(-1, 3)
        pred = pos_pred[rows].repeat(len(group), 1)
        graph = torch.arange(len(group)).repeat_interleave(item.num_nodes)
        least = kabsch_mse(pred, images, batch=graph, num_graphs=len(group)).min()
        assert least - 1e-9 <= found[number] <= 1.02 * least


def test_a_molecule_beyond_512_leaves_the_others_exact(molecules):
    large = next(item for item in molecules if group_of(item) is None)
    chosen = [*molecules[::400], large]
    batch, pos_pred = collated(chosen), exchanged(chosen)
    loss = SymmetricLoss(pel.CoordinateMSELoss(), reduction="none")
    rest = collated(chosen[:-1])
    expected = loss(pos_pred[: len(rest.pos)], rest)
    torch.testing.assert_close(loss(pos_pred, batch)[:-1], expected)


def test_a_group_is_the_product_of_its_factors():
    generators = np.array([[1, 0, 2, 3, 4], [0, 1, 3, 2, 4], [0, 1, 2, 4, 3]])
    first, second = group_factors(generators)
    assert len(group_elements(first)) * len(group_elements(second)) == 12
    assert len(group_elements(generators)) == 12
    assert group_elements(generators, limit=11) is None
    assert len(group_elements(np.empty((0, 5), np.int64))) == 1
    known = {tuple(element) for element in group_elements(generators)}
    assert {tuple(element) for element in near_elements(generators)} <= known
    assert {tuple(element) for element in random_elements(generators, number=99)} == known


def test_it_is_never_more_than_the_inner_loss_and_keeps_the_contract():
    assert_loss_contract(SymmetricLoss())
    assert_loss_contract(SymmetricLoss(pel.PairEnergyLoss()), hostile=False)
    pos_pred, batch = contract_batch()
    for inner in (pel.KabschMSELoss(reduction="none"), pel.PairEnergyLoss(reduction="none")):
        symmetric = SymmetricLoss(inner, reduction="none")(pos_pred, batch)
        assert (symmetric <= inner(pos_pred, batch) + 1e-12).all()


def test_the_gradient_is_that_of_the_chosen_image(molecules):
    chosen = molecules[::1500]
    batch, pos_pred = collated(chosen), exchanged(chosen).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda pos: SymmetricLoss(reduction="none")(pos, batch), pos_pred
    )


def test_an_atom_that_is_not_there_cannot_be_exchanged():
    methane = Data(z=torch.tensor([6, 1, 1, 1, 1]), pos=torch.randn(5, 3).double())
    methane.edge_index = torch.tensor([[0, 0, 0, 0], [1, 2, 3, 4]])
    pos_pred = methane.pos[[0, 2, 1, 3, 4]]
    assert SymmetricLoss()(pos_pred, methane) < 1e-12
    methane.pos_mask = torch.tensor([True, True, True, True, False])
    assert SymmetricLoss()(pos_pred, methane) < 1e-12
    methane.pos_mask = torch.tensor([True, False, True, True, True])
    rest = Data(z=methane.z[1:], pos=methane.pos[[0, 2, 3, 4]])
    rest.edge_index = torch.tensor([[0, 0, 0], [1, 2, 3]])
    value = SymmetricLoss()(pos_pred, methane)
    assert value > 1e-3
    torch.testing.assert_close(value, SymmetricLoss()(pos_pred[[0, 2, 3, 4]], rest))


def test_colors_may_be_another_attribute_or_none():
    square = Data(pos=torch.tensor([[1.0, 0], [0, 1], [-1, 0], [0, -1]]).double())
    square.edge_index = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 0]])
    turned = square.pos[[1, 2, 3, 0]]
    loss = pel.CoordinateMSELoss()
    assert SymmetricLoss(loss, colors=None)(turned, square) == 0
    square.kind = torch.tensor([0, 1, 2, 3])
    assert SymmetricLoss(loss, colors="kind")(turned, square) == loss(turned, square)
    with pytest.raises(ValueError, match=r"`data.z` must tell the elements apart"):
        SymmetricLoss(loss)(turned, square)
    square.edge_index = None
    with pytest.raises(ValueError, match=r"`data.edge_index` must hold the bonds"):
        SymmetricLoss(loss, colors=None)(turned, square)


def test_automorphisms_are_found_once_for_each_graph():
    methane = np.array([6, 1, 1, 1, 1]), np.array([[0, 0, 0, 0], [1, 2, 3, 4]])
    assert molecule_images(*methane) is molecule_images(*methane)
    assert len(molecule_images(*methane).length) == 24


def test_a_graph_without_atoms_has_no_exchanges_and_no_error():
    empty = Data(pos=torch.zeros(0, 3), z=torch.zeros(0, dtype=torch.long))
    empty.edge_index = torch.zeros(2, 0, dtype=torch.long)
    assert SymmetricLoss(reduction="none")(empty.pos, empty).tolist() == [0.0]
