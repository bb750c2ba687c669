import copy
import math
import pickle

import pytest
import torch
from torch_geometric.data import Batch, Data
from torch_geometric.nn import MessagePassing

import pyg_energyloss as pel
from pyg_energyloss import stiffness
from pyg_energyloss.functional import (
    complete_pair_energy,
    crystal_energy,
    crystal_springs,
    minimum_image,
    pair_energy,
    unwrap,
)
from pyg_energyloss.testing import contract_batch


@pytest.fixture
def sample():
    pos_pred, batch = contract_batch()
    return pos_pred, batch


def test_is_a_message_passing_layer_with_public_energies(sample):
    pos_pred, batch = sample
    loss = pel.PairEnergyLoss(normalize=None, reduction="none")
    assert isinstance(loss, MessagePassing)
    per_graph = loss(pos_pred, batch)
    pairs, per_edge = loss.edge_energies(pos_pred, batch)
    per_atom = loss.atom_energies(pos_pred, batch)
    graph_of_edge = batch.batch[pairs[0]]
    from_edges = torch.zeros(4, dtype=torch.float64).index_add(0, graph_of_edge, per_edge)
    from_atoms = torch.zeros(4, dtype=torch.float64).index_add(0, batch.batch, per_atom)
    assert torch.allclose(from_edges, per_graph, rtol=1e-10)
    assert torch.allclose(from_atoms, per_graph, rtol=1e-10)


def test_normalisations_by_hand():
    data = Data(pos=torch.tensor([[0.0], [1.0], [3.0]]))
    pred = torch.tensor([[0.0], [2.0], [3.0]])
    energy = 2 * 0.5 * (1 + 1 + 0)  # both directions of the pairs 01 (+1), 12 (-1), 02 (0)
    divisors = {None: 1, "atoms": 3, "atoms_squared": 9, "pairs": 6}
    for name, divisor in divisors.items():
        loss = pel.PairEnergyLoss("constant", normalize=name)
        assert loss(pred, data).item() == pytest.approx(energy / divisor)
    cold = pel.PairEnergyLoss("constant", normalize=None, temperature=0.5)
    assert cold(pred, data).item() == pytest.approx(energy / 0.5)


def test_pairs_of_sparse_edges_are_their_columns(sample):
    pos_pred, batch = sample
    batch.energy_edge_index = batch.edge_index
    loss = pel.PairEnergyLoss("constant", normalize="pairs", reduction="none")
    energy = pair_energy(
        pos_pred, batch.pos, batch.edge_index, batch=batch.batch, num_graphs=batch.num_graphs
    )
    columns = torch.bincount(batch.batch[batch.edge_index[0]], minlength=4).clamp(min=1)
    assert torch.allclose(loss(pos_pred, batch), energy / columns)


def test_edges_auto_data_complete_and_sampler(sample):
    pos_pred, batch = sample
    plain = pel.PairEnergyLoss("constant")(pos_pred, batch)
    with pytest.raises(ValueError, match=r"`data\.energy_edge_index` is missing"):
        pel.PairEnergyLoss(edges="data")(pos_pred, batch)
    calls = []

    def sampler(data):
        calls.append(data)
        return data.edge_index, torch.full((data.edge_index.size(1),), 2.0)

    drawn = pel.PairEnergyLoss("constant", edges=sampler)(pos_pred, batch)
    batch.energy_edge_index = batch.edge_index
    batch.energy_edge_weight = torch.full((batch.edge_index.size(1),), 2.0)
    stored = pel.PairEnergyLoss("constant")(pos_pred, batch)
    assert calls == [batch]
    assert torch.equal(stored, drawn)
    assert torch.equal(pel.PairEnergyLoss("constant", edges="complete")(pos_pred, batch), plain)
    only_edges = pel.PairEnergyLoss("constant", edges=lambda data: data.edge_index)
    assert torch.allclose(2 * only_edges(pos_pred, batch), stored)


def test_edges_stored_under_another_name_are_found_or_missed_aloud(sample):
    pos_pred, batch = sample
    parts = batch.to_data_list()
    named = pel.transforms.RigidEdgeTransform(attr="spring_index", complete_below=0, seed=0)
    usual = pel.transforms.RigidEdgeTransform(complete_below=0, seed=0)
    ours, default = (Batch.from_data_list([t(d.clone()) for d in parts]) for t in (named, usual))
    loss = pel.PairEnergyLoss(attr="spring_index")
    torch.testing.assert_close(loss(pos_pred, ours), pel.PairEnergyLoss()(pos_pred, default))
    with pytest.raises(ValueError, match=r"`data\.spring_index` is missing"):
        loss(pos_pred, default)
    with pytest.raises(ValueError, match="must contain 'index'"):
        pel.PairEnergyLoss(attr="springs")
    with pytest.raises(ValueError, match="`attr` is read with"):
        pel.PairEnergyLoss(edges="complete", attr="spring_index")


def test_edges_that_join_two_molecules_are_refused(sample):
    pos_pred, batch = sample
    batch.energy_edge_index = torch.tensor([[0], [len(pos_pred) - 1]])
    with pytest.raises(ValueError, match="graphs"):
        pel.PairEnergyLoss()(pos_pred, batch)


def test_reductions(sample):
    pos_pred, batch = sample
    each = pel.PairEnergyLoss(reduction="none")(pos_pred, batch)
    assert each.shape == (4,)
    assert torch.allclose(pel.PairEnergyLoss(reduction="sum")(pos_pred, batch), each.sum())
    assert torch.allclose(pel.PairEnergyLoss()(pos_pred, batch), each.mean())


def test_graph_information_is_required(sample):
    pos_pred, batch = sample
    loss = pel.PairEnergyLoss()
    with pytest.raises(TypeError, match="bare tensor"):
        loss(pos_pred, batch.pos)

    class Bag:
        pos = batch.pos

    with pytest.raises(ValueError, match="which node belongs to which graph"):
        loss(pos_pred, Bag())
    with pytest.raises(ValueError, match=r"true positions in `data.pos`"):
        loss(pos_pred, Data(x=pos_pred))
    Bag.batch = batch.batch
    assert torch.equal(loss(pos_pred, Bag()), loss(pos_pred, batch))
    Bag.batch, Bag.ptr = None, batch.ptr
    assert torch.equal(loss(pos_pred, Bag()), loss(pos_pred, batch))


def test_a_data_object_is_one_graph_as_in_pyg(sample):
    pos_pred, batch = sample
    size = int(batch.ptr[1])
    single = pel.PairEnergyLoss()(pos_pred[:size], Data(pos=batch.pos[:size]))
    alone = pel.PairEnergyLoss(reduction="none")(pos_pred, batch)[0]
    assert torch.allclose(single, alone)


def crystal():
    cell = torch.tensor([[4.0, 0.0, 0.0], [1.0, 4.0, 0.0], [0.5, 0.5, 4.0]])
    rng = torch.Generator().manual_seed(0)
    pos = torch.rand(5, 3, generator=rng) @ cell
    pred = pos + 0.1 * torch.randn(5, 3, generator=rng)
    return pos, pred, Data(pos=pos, cell=cell[None], pbc=torch.tensor([[True, True, True]]))


def test_a_structure_with_a_cell_is_a_crystal_with_or_without_flags():
    pos, pred, data = crystal()
    loss = pel.PairEnergyLoss(normalize=None)
    wide = 1.05 * data.cell
    expected = crystal_energy(
        pred, pos, data.cell, cell_pred=wide, stiffness=stiffness.Exponential()
    )
    found = loss(pred, data, wide)
    assert torch.allclose(found, expected[0])
    twice = Batch.from_data_list([data, data])
    moved = loss(torch.cat([pred, pred + 3.0]), twice, torch.cat([wide, wide]))
    assert torch.allclose(moved, found)
    del data.pbc
    assert torch.allclose(loss(pred, data, wide), found)
    pairs, energies = loss.edge_energies(pred, data)
    assert torch.allclose(energies.sum(), loss(pred, data), rtol=1e-4)
    _, wrapped = loss.edge_energies(pred + torch.eye(5, 3) @ data.cell[0], data)
    assert torch.allclose(wrapped, energies, atol=1e-5)
    assert torch.allclose(loss.atom_energies(pred, data).sum(), loss(pred, data), rtol=1e-4)
    mean = pel.PairEnergyLoss(normalize="pairs")(pred, data)
    assert torch.allclose(mean * pairs.size(1), loss(pred, data))


def test_a_cell_that_does_not_repeat_is_none():
    pos, pred, data = crystal()
    molecule = Data(pos=pos, cell=torch.zeros(1, 3, 3))
    loss = pel.PairEnergyLoss("constant", normalize=None)
    expected = complete_pair_energy(pred, pos)[0]
    assert torch.allclose(loss(pred, molecule), expected)
    data.pbc = torch.zeros(1, 3).bool()
    assert torch.allclose(loss(pred, data), expected)
    with pytest.raises(ValueError, match="`cell_pred` needs the true lattice"):
        loss(pred, data, data.cell)


def test_listed_pairs_of_a_crystal_join_nearest_images():
    pos, pred, data = crystal()
    cell = data.cell[0]
    pairs = (1 - torch.eye(5)).nonzero().t()
    data.energy_edge_index = pairs
    shift = minimum_image(pos, pairs, cell)
    found = pel.PairEnergyLoss("constant", normalize=None)(pred, data)
    expected = pair_energy(pred, pos, pairs, cell=cell, edge_shift=shift)
    assert torch.allclose(found, expected[0])
    wrapped = pred + torch.tensor([[0, 1, -1], [0, 0, 0], [2, 0, 0], [0, 0, 1], [1, 1, 1.0]]) @ cell
    assert torch.allclose(unwrap(wrapped, pos, cell), pred, atol=1e-5)
    assert torch.allclose(pel.PairEnergyLoss("constant", normalize=None)(wrapped, data), found)
    with pytest.raises(ValueError, match="`cell` must have shape"):
        minimum_image(pos, pairs, torch.eye(2))


def test_masked_atoms_of_a_crystal_are_as_if_deleted():
    pos, pred, data = crystal()
    kept = torch.tensor([True, True, False, True, False])
    left = Data(pos=pos[kept], cell=data.cell)
    data.pos_mask = kept
    loss = pel.PairEnergyLoss(normalize=None)
    assert torch.allclose(loss(pred, data), loss(pred[kept], left), rtol=1e-4)


def test_a_law_of_the_elements_sees_the_atoms_of_images():
    pos, pred, data = crystal()
    data.z = torch.tensor([6, 1, 6, 1, 1])
    plain = pel.PairEnergyLoss("constant", normalize=None)
    law = stiffness.ElementPair({(6, 6): 0.0, (6, 1): 0.0}, stiffness.Constant())
    springs = crystal_springs(pos, data.cell)
    light = (data.z[springs.atoms] == 1).all(dim=0)
    _, energies = plain.edge_energies(pred, data)
    found = pel.PairEnergyLoss(law, normalize=None)(pred, data)
    assert torch.allclose(found, energies[light].sum(), rtol=1e-4)


def test_copies_and_pickles_give_the_same_numbers(sample):
    pos_pred, batch = sample
    for law in ("exponential", stiffness.BondAware(9.0), stiffness.Morse(2.0, 1.5)):
        loss = pel.PairEnergyLoss(law)
        expected = loss(pos_pred, batch)
        assert torch.equal(copy.deepcopy(loss)(pos_pred, batch), expected)
        again = pickle.loads(pickle.dumps(loss))  # noqa: S301 - our own bytes
        assert torch.equal(again(pos_pred, batch), expected)


def test_losses_add_and_scale(sample):
    pos_pred, batch = sample
    pair, mse = pel.PairEnergyLoss(), pel.CoordinateMSELoss()
    a, b = pair(pos_pred, batch), mse(pos_pred, batch)
    assert torch.allclose((0.9 * pair + mse * 0.1)(pos_pred, batch), 0.9 * a + 0.1 * b)
    assert torch.allclose((pair - mse / 2)(pos_pred, batch), a - b / 2)
    assert torch.allclose(sum([pair, mse, pair])(pos_pred, batch), 2 * a + b)
    each = pel.PairEnergyLoss(reduction="none") + pel.CoordinateMSELoss(reduction="none")
    assert each(pos_pred, batch).shape == (4,)
    with pytest.raises(TypeError, match="pairs \\(weight, loss module\\)"):
        pel.losses.LossSum(pair)
    with pytest.raises(TypeError):
        pair + 1.0
    with pytest.raises(TypeError):
        pair * "2"


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"edges": "all"}, ValueError, "`edges` must be"),
        ({"edges": 3}, TypeError, "`edges` must be a word or a sampler"),
        ({"normalize": "graphs"}, ValueError, "`normalize` must be one of"),
        ({"reduction": "median"}, ValueError, "`reduction` must be one of"),
        ({"temperature": 0.0}, ValueError, "`temperature` must be finite and positive"),
        ({"stiffness": 3.0}, TypeError, "`stiffness` must be a name or a callable"),
        ({"stiffness": "expnential"}, LookupError, "exponential"),
    ],
)
def test_bad_options_are_refused(options, error, match):
    with pytest.raises(error, match=match):
        pel.PairEnergyLoss(**options)


@pytest.mark.parametrize("law", ["exponential", lambda d: 1 / (1 + d)])
def test_compiles_without_graph_breaks(sample, law):
    pos_pred, batch = sample
    loss = pel.PairEnergyLoss(law)
    compiled = torch.compile(lambda pos: loss(2 * pos, batch), fullgraph=True, backend="aot_eager")
    pos = pos_pred.requires_grad_()
    (found,) = torch.autograd.grad(compiled(pos), pos)
    (expected,) = torch.autograd.grad(loss(2 * pos, batch), pos)
    assert torch.allclose(found, expected)


def test_empty_batch_is_zero():
    empty = Batch.from_data_list([Data(pos=torch.zeros(0, 3))])
    pos = torch.zeros(0, 3, requires_grad=True)
    value = pel.PairEnergyLoss()(pos, empty)
    value.backward()
    assert value.item() == 0.0


@pytest.mark.parametrize(
    ("preset", "law", "divisor"),
    [
        ("paper_edm", lambda d: 42 * math.exp(-d), 3),
        ("paper_jodo", lambda d: 3.7 / (d + 1e-5), 3),
        ("paper_shapes", lambda d: 2.6 * math.exp(-d), 9),
    ],
)
def test_presets_reproduce_the_published_formula(preset, law, divisor):
    """Three atoms in a row; every term of the double sum written out."""
    rest, pred = [0.0, 1.0, 3.0], [0.0, 1.2, 2.7]
    total = 0.0
    for i in range(3):
        for j in range(3):
            d, moved = abs(rest[i] - rest[j]), abs(pred[i] - pred[j])
            if i != j:
                total += 0.5 * law(d) * (d - moved) ** 2
    data = Data(pos=torch.tensor(rest)[:, None])
    loss = getattr(pel.presets, preset)()
    assert loss(torch.tensor(pred)[:, None], data).item() == pytest.approx(
        total / divisor, rel=1e-5
    )
