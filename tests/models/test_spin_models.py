import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import registry
from pyg_energyloss.models import SpinCNN, SpinGNN
from pyg_energyloss.models.spin_frame import strong_bond_frame
from pyg_energyloss.models.spin_grid import coupling_image
from pyg_energyloss.spins import SpinSystems, square_lattice


def drawn(count, size, *, periodic=False):
    """Random couplings; what the target is plays no role for a model."""
    bonds = square_lattice(size, periodic=periodic).size(1)
    coupling = torch.rand(count, bonds, generator=torch.Generator().manual_seed(2)) * 2 - 1
    spins = torch.ones(count, size * size, dtype=torch.int8)
    energy = -coupling.double().sum(1)
    return SpinSystems((size, size), periodic, coupling, spins, energy, seed=2)


@pytest.fixture(scope="module")
def systems():
    return drawn(4, 5)


@pytest.fixture(scope="module")
def torus():
    return drawn(3, 4, periodic=True)


def made(model, **options):
    torch.manual_seed(0)
    return registry.create("model", model, width=8, layers=2, **options).double()


def in_double(data):
    data.edge_attr = data.edge_attr.double()
    return data


@pytest.mark.parametrize(
    ("model", "options"), [("spin_cnn", {}), ("spin_cnn", {"frame": True}), ("spin_gnn", {})]
)
def test_a_batch_is_its_graphs_and_both_directions_are_the_same_graph(model, options, systems):
    network = made(model, **options)
    logits = network(in_double(systems.batch([0, 3])))
    assert logits.shape == (50,)
    collated = network(in_double(Batch.from_data_list([systems[0], systems[3]])))
    assert torch.allclose(logits, collated)
    assert torch.allclose(network(in_double(systems[3])), logits[25:])
    logits.sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_the_image_holds_each_bond_at_both_ends(systems):
    image = coupling_image(systems.batch([1]))[0]
    right, down = systems.coupling[1][:20].view(5, 4), systems.coupling[1][20:].view(4, 5)
    assert torch.equal(image[0, :, :-1], right)
    assert torch.equal(image[1, :-1], down)
    assert torch.equal(image[2, :, 1:], right)
    assert torch.equal(image[3, 1:], down)
    assert image[0, :, -1].abs().max() == image[3, 0].abs().max() == 0


def test_the_periodic_image_wraps_around(torus):
    image = coupling_image(torus.batch([0, 1]), periodic=True)[1]
    right, down = torus.coupling[1].view(2, 4, 4)
    assert torch.equal(image[0], right)
    assert torch.equal(image[1], down)
    assert torch.equal(image[2], right.roll(1, 1))
    assert torch.equal(image[3], down.roll(1, 0))


def test_the_periodic_network_moves_along_with_a_translation(torus):
    network = made("spin_cnn", periodic=True)
    data = in_double(torus.batch([0]))
    shift = torch.arange(16).view(4, 4).roll((1, 2), (0, 1)).flatten()
    moved = data.clone()
    place = torch.empty(16, dtype=torch.long)
    place[shift] = torch.arange(16)
    moved.edge_index = place[data.edge_index]
    assert torch.allclose(network(moved)[place], network(data))


def test_rectangles_need_their_shape():
    edges = square_lattice((3, 4))
    data = Data(edge_index=edges, edge_attr=torch.ones(edges.size(1)), num_nodes=12)
    assert SpinCNN(width=4, layers=1, shape=(3, 4))(data).shape == (12,)
    with pytest.raises(ValueError, match="pass the model its `shape`"):
        SpinCNN(width=4, layers=1)(data)


def test_other_graphs_are_refused_by_the_cnn(torus):
    with pytest.raises(ValueError, match="periodic=True for periodic lattices"):
        SpinCNN(width=4, layers=1)(torus.batch([0]))


def test_the_gnn_is_equivariant_under_relabelling_and_gauge_transformations(systems):
    network = made("spin_gnn")
    data = in_double(systems.batch([2]))
    logits = network(data)
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(25, generator=generator)
    moved = data.clone()
    moved.edge_index = order[data.edge_index]
    relabelled = network(moved)[order]
    # The sign of the frame is that of the first spin: relabelling may turn it as a whole.
    assert torch.allclose(relabelled, logits) or torch.allclose(relabelled, -logits)
    gauge = torch.randint(0, 2, (25,), generator=generator) * 2 - 1
    turned = data.clone()
    turned.edge_attr = data.edge_attr * gauge[data.edge_index].prod(0)
    assert torch.allclose(network(turned), logits * gauge * gauge[0])


def test_the_cnn_in_a_frame_is_equivariant_under_gauge_transformations(systems):
    data = in_double(systems.batch([2]))
    before = data.edge_attr.clone()
    gauge = torch.randint(0, 2, (25,), generator=torch.Generator().manual_seed(0)) * 2 - 1
    turned = data.clone()
    turned.edge_attr = data.edge_attr * gauge[data.edge_index].prod(0)
    network = made("spin_cnn", frame=True)
    assert torch.allclose(network(turned), network(data) * gauge * gauge[0])
    assert torch.equal(data.edge_attr, before)
    plain = made("spin_cnn")
    assert not torch.allclose(plain(turned), plain(data) * gauge * gauge[0])


def test_the_gnn_takes_any_graph():
    edges = torch.tensor([[0, 1, 2, 0, 4], [1, 2, 0, 3, 5]])
    data = Data(edge_index=edges, edge_attr=torch.randn(5), num_nodes=7)
    assert SpinGNN(width=4, layers=1)(data).isfinite().all()
    empty = Data(edge_index=torch.empty(2, 0, dtype=torch.long), edge_attr=torch.empty(0))
    empty.num_nodes = 2
    assert SpinGNN(width=4, layers=1)(empty).shape == (2,)


def test_the_frame_satisfies_a_tree_of_the_strongest_bonds(systems):
    data = systems.batch([0, 1])
    frame = strong_bond_frame(data.edge_index, data.edge_attr, 50)
    assert frame[[0, 25]].tolist() == [1, 1]
    satisfied = data.edge_attr * frame[data.edge_index].prod(0) > 0
    # In each graph the strongest bond is in the tree, and a tree has 24 bonds.
    for part in (slice(0, 40), slice(40, 80)):
        assert satisfied[part][data.edge_attr[part].abs().argmax()]
        assert satisfied[part].sum() >= 24
