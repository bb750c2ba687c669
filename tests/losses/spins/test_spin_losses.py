import itertools

import pytest
import torch
from torch_geometric.data import Batch, Data
from torch_geometric.utils import to_undirected

import pyg_energyloss as pel
from pyg_energyloss.losses import TargetBondLoss
from pyg_energyloss.spins import square_lattice
from pyg_energyloss.spins.enumeration import lowest_by_enumeration
from pyg_energyloss.spins.ground_state import configuration_energy

CLASSIFY = [pel.SpinCrossEntropyLoss, pel.MarginLoss, pel.LocalFieldLoss]
EVEN = [pel.TrueEnergyLoss, TargetBondLoss]
RULES = ["min", "overlap", "soft"]


def system(seed, size=3, dtype=torch.float32):
    edges = square_lattice(size)
    generator = torch.Generator().manual_seed(seed)
    coupling = torch.rand(edges.size(1), generator=generator, dtype=dtype) * 2 - 1
    bonds, values = edges.T.numpy(), coupling.double().numpy()
    spins = lowest_by_enumeration(bonds, values, size * size)
    target, energy = torch.from_numpy(spins).to(dtype), configuration_energy(bonds, values, spins)
    return Data(edge_index=edges, edge_attr=coupling, y=target, energy=energy, num_nodes=size**2)


def logits_for(seed, count=9, dtype=torch.float32):
    return 2 * torch.randn(count, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@pytest.mark.parametrize("loss", CLASSIFY)
def test_the_configuration_of_least_loss_is_the_target(loss):
    data = system(1)
    function = loss()
    values = {
        bits: function(6.0 * torch.tensor(bits), data).item()
        for bits in itertools.product((-1.0, 1.0), repeat=9)
    }
    assert min(values, key=values.get) == tuple(data.y.tolist())


@pytest.mark.parametrize("loss", [*CLASSIFY, *EVEN])
@pytest.mark.parametrize("rule", RULES)
def test_with_flip_the_loss_is_even_in_the_target_and_in_the_prediction(loss, rule):
    data, z = system(2), logits_for(0)
    flipped = data.clone()
    flipped.y = -data.y
    function = loss(flip=rule)
    assert torch.allclose(function(z, data), function(z, flipped))
    assert torch.allclose(function(z, data), function(-z, data))


@pytest.mark.parametrize("loss", EVEN)
def test_even_losses_need_no_flip_and_have_both_minima(loss):
    data, z = system(3), logits_for(1)
    assert torch.allclose(loss()(z, data), loss()(-z, data))
    assert torch.allclose(loss()(z, data), loss(flip="min")(z, data))
    values = {
        bits: loss(temperature=0.1)(30.0 * torch.tensor(bits), data).item()
        for bits in itertools.product((-1.0, 1.0), repeat=9)
    }
    lowest = sorted(values, key=values.get)[:2]
    assert set(lowest) == {tuple(data.y.tolist()), tuple((-data.y).tolist())}


@pytest.mark.parametrize("loss", CLASSIFY)
def test_without_flip_a_right_answer_with_the_other_sign_is_punished(loss):
    data = system(2)
    assert loss()(-6.0 * data.y, data) > loss()(6.0 * data.y, data) + 1
    both = loss(flip="min")
    assert torch.allclose(both(-6.0 * data.y, data), both(6.0 * data.y, data))


def test_flip_is_chosen_for_each_graph():
    parts = [system(k) for k in range(3)]
    batch = Batch.from_data_list(parts)
    signs = torch.tensor([1.0, -1.0, 1.0]).repeat_interleave(9)
    loss = pel.LocalFieldLoss(flip="min", reduction="none")
    assert torch.allclose(loss(20 * signs * batch.y, batch), loss(20 * batch.y, batch))


def test_a_flip_rule_may_be_any_function():
    data, z = system(0), logits_for(0)
    larger = pel.SpinCrossEntropyLoss(flip=lambda plus, minus, overlap: plus.maximum(minus))
    plain = pel.SpinCrossEntropyLoss()
    assert larger(z, data) == torch.maximum(plain(z, data), plain(-z, data))


@pytest.mark.parametrize("loss", [*CLASSIFY, *EVEN])
@pytest.mark.parametrize("flip", [None, *RULES])
def test_a_batch_is_its_graphs_and_directions_count_once(loss, flip):
    parts = [system(k, size) for k, size in enumerate((2, 3, 4))]
    singles = [loss(flip=flip)(logits_for(k, p.num_nodes), p) for k, p in enumerate(parts)]
    z = torch.cat([logits_for(k, p.num_nodes) for k, p in enumerate(parts)])
    function = loss(flip=flip, reduction="none")
    assert torch.allclose(function(z, Batch.from_data_list(parts)), torch.stack(singles))
    for part in parts:
        part.edge_index, part.edge_attr = to_undirected(part.edge_index, part.edge_attr)
    assert torch.allclose(
        function(z[:, None], Batch.from_data_list(parts)), torch.stack(singles), atol=1e-6
    )
    assert torch.allclose(
        loss(flip=flip)(z, Batch.from_data_list(parts)), torch.stack(singles).mean(), atol=1e-6
    )


@pytest.mark.parametrize("loss", [*CLASSIFY, *EVEN])
def test_gradients(loss):
    data = system(4, dtype=torch.float64)
    function = loss(flip="soft")
    z = logits_for(5, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: function(x, data), z)


@pytest.mark.parametrize("loss", [*CLASSIFY, *EVEN])
@pytest.mark.parametrize("extreme", [0.0, 1e4, -1e4])
def test_finite_everywhere_also_in_half_precision(loss, extreme):
    data = system(4)
    z = torch.full((9,), extreme, dtype=torch.bfloat16, requires_grad=True)
    value = loss(flip="soft")(z, data)
    value.backward()
    assert value.isfinite()
    assert z.grad.isfinite().all()


@pytest.mark.parametrize("loss", [*CLASSIFY, *EVEN])
def test_relabelling_the_spins_changes_nothing(loss):
    data, z = system(6), logits_for(6)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(0))
    moved = Data(edge_index=order[data.edge_index], edge_attr=data.edge_attr, num_nodes=9)
    moved.y = torch.empty(9)
    moved.y[order] = data.y
    relabelled = torch.empty(9)
    relabelled[order] = z
    assert torch.allclose(loss()(z, data), loss()(relabelled, moved), atol=1e-6)


def test_values_by_hand():
    data = Data(edge_index=torch.tensor([[0], [1]]), edge_attr=torch.tensor([0.5]), num_nodes=2)
    data.y = torch.tensor([1.0, 1.0])
    z = torch.tensor([0.0, 0.0])
    # Field 0.5 + 0.25 on both; J = -h m / T - ln 2 + ln 2 cosh(h / T) with m = 0, h / T = 1.5.
    local = pel.LocalFieldLoss(temperature=0.5, h0=0.25)(z, data)
    assert local.item() == pytest.approx(torch.tensor(1.5).cosh().log().item(), rel=1e-5)
    assert pel.TrueEnergyLoss()(z, data).item() == pytest.approx(-0.693147, rel=1e-5)
    assert pel.MarginLoss(margin=2.0)(z, data).item() == 2
    assert pel.LocalFieldLoss(normalize=None, h0=0.0, temperature=0.5)(z, data).item() == (
        pytest.approx(2 * torch.tensor(1.0).cosh().log().item(), rel=1e-5)
    )
    bonded = TargetBondLoss(temperature=0.5, stiffness=torch.ones_like, normalize=None)
    assert bonded(z, data).item() == pytest.approx(1 / 0.5 - 2 * 0.693147, rel=1e-5)


def test_the_global_random_state_is_not_touched():
    before = torch.random.get_rng_state()
    pel.LocalFieldLoss(flip="min")(logits_for(0), system(0))
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: pel.LocalFieldLoss(flip="maybe"), "`flip` must be None"),
        (lambda: pel.LocalFieldLoss(normalize="atoms"), "`normalize` must be"),
        (lambda: pel.LocalFieldLoss(reduction="max"), "`reduction` must be"),
        (lambda: pel.LocalFieldLoss(h0=-1.0), "`h0` must not be negative"),
        (lambda: pel.LocalFieldLoss(temperature=0.0), "`temperature` must be positive"),
        (lambda: pel.TrueEnergyLoss(temperature=-1.0), "`temperature` must be positive"),
        (lambda: pel.MarginLoss(margin=0.0), "`margin` must be positive"),
    ],
)
def test_bad_options(make, match):
    with pytest.raises(ValueError, match=match):
        make()


def test_bad_inputs():
    data, z = system(0), torch.zeros(9)
    with pytest.raises(TypeError, match="`logits` must be a floating point tensor"):
        pel.SpinCrossEntropyLoss()(torch.zeros(9, dtype=torch.long), data)
    with pytest.raises(ValueError, match="`logits` must hold ln p"):
        pel.SpinCrossEntropyLoss()(torch.zeros(9, 2), data)
    with pytest.raises(TypeError, match="`data` must be a PyG Batch"):
        pel.SpinCrossEntropyLoss()(z, data.y)
    with pytest.raises(ValueError, match=r"`data.y` is missing"):
        pel.LocalFieldLoss()(z, Data(edge_index=data.edge_index, edge_attr=data.edge_attr))
    with pytest.raises(ValueError, match=r"`data` must have the bonds"):
        pel.LocalFieldLoss()(z, Data(y=data.y))
    with pytest.raises(ValueError, match="`spins` must have one value per spin"):
        pel.SpinCrossEntropyLoss()(torch.zeros(8), data)
    with pytest.raises(ValueError, match="`spins` must have one value per spin"):
        TargetBondLoss()(torch.zeros(8), data)


def test_targets_of_zero_and_one_are_no_spins():
    data = system(0)
    data.y = (data.y + 1) / 2
    for loss in CLASSIFY:
        with pytest.raises(ValueError, match=r"target spins \+1 and -1.*2 \* data\.y - 1"):
            loss()(torch.zeros(9), data)


@pytest.mark.parametrize("dtype", [torch.complex64, torch.bool, torch.float32])
def test_edges_are_pairs_of_integers(dtype):
    data = system(0)
    data.edge_index = data.edge_index.to(dtype)
    with pytest.raises(TypeError, match="`edge_index` must be an integer tensor"):
        pel.LocalFieldLoss()(torch.zeros(9), data)


def test_several_graphs_without_batch_are_never_taken_for_one():
    data = Batch.from_data_list([system(0), system(1)])
    data.batch = data.ptr = None
    with pytest.raises(ValueError, match="which node belongs to which graph"):
        pel.SpinCrossEntropyLoss()(torch.zeros(18), data)


@pytest.mark.gpu
@pytest.mark.parametrize("loss", [*CLASSIFY, *EVEN])
def test_the_same_on_a_gpu(loss):
    batch = Batch.from_data_list([system(0), system(1)])
    z = logits_for(0, 18)
    expected = loss(flip="soft")(z, batch)
    assert torch.allclose(loss(flip="soft")(z.cuda(), batch.to("cuda")).cpu(), expected, rtol=1e-4)
