"""The flat loss: one value in one state, whatever the host predicts."""

import copy
import pickle
import threading

import pytest
import torch
from torch.utils.checkpoint import checkpoint
from torch_geometric.data import Batch, Data

from pyg_energyloss import KabschMSELoss, PairEnergyLoss, registry
from pyg_energyloss.functional import to_padded
from pyg_energyloss.hosts import PARAMETRIZATIONS, FlatLoss, MissingContextError, batch_context
from pyg_energyloss.losses import SpinLoss
from pyg_energyloss.stiffness import ElementPair, Exponential
from pyg_energyloss.transforms import RigidEdgeTransform

SIZES = (5, 1, 7)


@pytest.fixture
def state():
    """A state of a diffusion process, and what each kind of network would predict in it."""
    generator = torch.Generator().manual_seed(0)

    def normal():
        return torch.randn(sum(SIZES), 3, generator=generator, dtype=torch.float64)

    x0 = normal()
    data = Batch.from_data_list([Data(pos=p) for p in x0.split(SIZES)])
    angle = torch.tensor([0.2, 0.7, 1.3], dtype=torch.float64)
    alpha, sigma = angle.cos(), angle.sin()
    eps = normal()
    a, s = alpha[data.batch, None], sigma[data.batch, None]
    x_t = a * x0 + s * eps
    x_hat = x0 + 0.1 * normal()
    eps_hat = (x_t - a * x_hat) / s
    pairs = {
        "x0": (x_hat, x0),
        "epsilon": (eps_hat, eps),
        "velocity": (a * eps_hat - s * x_hat, a * eps - s * x0),
        "score": (-eps_hat / s, -eps / s),
    }
    return data, {"x_t": x_t, "alpha": alpha, "sigma": sigma}, pairs


def flow_state(data):
    generator = torch.Generator().manual_seed(1)
    t = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)
    eps, error = torch.randn(2, *data.pos.shape, generator=generator, dtype=torch.float64)
    node = t[data.batch, None]
    x_t = (1 - node) * data.pos + node * eps
    x_hat = data.pos + 0.1 * error
    pair = ((x_t - x_hat) / node, (x_t - data.pos) / node)
    return {"x_t": x_t, "alpha": 1 - t, "sigma": t}, pair, x_hat


@pytest.mark.parametrize("name", ["x0", "epsilon", "velocity", "score"])
@pytest.mark.parametrize("weighting", [None, "epsilon", "velocity", "score", "flow"])
def test_hosts_that_predict_different_things_get_the_same_value(state, name, weighting):
    data, schedule, pairs = state
    values = {}
    for parametrization in ("x0", name):
        loss = FlatLoss(parametrization=parametrization, weighting=weighting)
        with batch_context(data, **schedule):
            values[parametrization] = loss(*pairs[parametrization])
    assert torch.allclose(values[name], values["x0"], rtol=1e-9)
    assert values["x0"] > 0


def test_flow_hosts_get_the_value_of_the_positions_they_stand_for(state):
    data, _, _ = state
    schedule, pair, x_hat = flow_state(data)
    with batch_context(data, **schedule):
        found = FlatLoss(parametrization="flow")(*pair)
        reversed_time = FlatLoss(parametrization="flow_to_data")(-pair[0], -pair[1])
    assert torch.allclose(found, PairEnergyLoss()(x_hat, data), rtol=1e-9)
    assert torch.equal(found, reversed_time)


def test_the_value_is_that_of_the_loss_called_with_the_batch(state):
    data, _, pairs = state
    with batch_context(data):
        assert torch.equal(FlatLoss()(*pairs["x0"]), PairEnergyLoss()(pairs["x0"][0], data))


@pytest.mark.parametrize("name", PARAMETRIZATIONS)
def test_weights_make_a_squared_error_that_of_the_parametrization(state, name):
    data, schedule, pairs = state
    x_pred, x_true = pairs["x0"]
    if name.startswith("flow"):
        schedule, (p, q), x_pred = flow_state(data)
    else:
        p, q = pairs[name]
    alpha, sigma = (schedule[k][data.batch, None] for k in ("alpha", "sigma"))
    weight = PARAMETRIZATIONS[name].weight(alpha, sigma)
    assert torch.allclose(weight * (x_pred - x_true) ** 2, (p - q) ** 2, rtol=1e-9)


def test_gradient_with_respect_to_noise_is_the_chain_rule(state):
    data, schedule, pairs = state
    eps_hat = pairs["epsilon"][0].clone().requires_grad_()
    x_hat = pairs["x0"][0].clone().requires_grad_()
    with batch_context(data, **schedule):
        FlatLoss(parametrization="epsilon")(eps_hat, pairs["epsilon"][1]).backward()
        FlatLoss()(x_hat, pairs["x0"][1]).backward()
    ratio = (-schedule["sigma"] / schedule["alpha"])[data.batch, None]
    assert torch.allclose(eps_hat.grad, ratio * x_hat.grad, rtol=1e-9)


def test_the_target_gets_no_gradient(state):
    data, _, pairs = state
    target = pairs["x0"][1].clone().requires_grad_()
    with batch_context(data):
        loss = FlatLoss()(pairs["x0"][0].requires_grad_(), target)
    loss.backward()
    assert target.grad is None


@pytest.mark.parametrize("layout", ["graph", "graph_column", "node", "node_column"])
def test_schedules_per_graph_or_per_node_agree(state, layout):
    data, schedule, pairs = state
    expected = {}
    for form in ("graph", layout):
        given = dict(schedule)
        for field in ("alpha", "sigma"):
            values = schedule[field]
            if form.startswith("node"):
                values = values[data.batch]
            given[field] = values.unsqueeze(-1) if form.endswith("column") else values
        with batch_context(data, **given):
            loss = FlatLoss(parametrization="epsilon", weighting="epsilon")
            expected[form] = loss(*pairs["epsilon"])
    assert torch.allclose(expected[layout], expected["graph"])


def test_a_number_stands_for_all_graphs(state):
    data, schedule, pairs = state
    loss = FlatLoss(parametrization="epsilon", weighting="epsilon")
    one = torch.full((3,), 0.6, dtype=torch.float64)
    with batch_context(data, x_t=schedule["x_t"], alpha=0.6, sigma=0.8):
        found = loss(*pairs["epsilon"])
    with batch_context(data, x_t=schedule["x_t"], alpha=one, sigma=one / 0.75):
        assert torch.allclose(found, loss(*pairs["epsilon"]))


def test_edges_of_the_batch_are_used(state):
    data, _, pairs = state
    data.energy_edge_index = torch.tensor([[0, 1], [1, 0]])
    data.energy_edge_weight = torch.tensor([2.0, 2.0], dtype=torch.float64)
    with batch_context(data):
        found = FlatLoss()(*pairs["x0"])
    assert torch.equal(found, PairEnergyLoss()(pairs["x0"][0], data))
    assert not torch.equal(found, PairEnergyLoss(edges="complete")(pairs["x0"][0], data))


@pytest.fixture
def molecules():
    """Two periodic molecules with all that a loss may ask a batch for."""
    generator = torch.Generator().manual_seed(0)
    graphs = []
    for count in (4, 5):
        source = torch.arange(count - 1)
        bonds = torch.stack([source, source + 1])
        graphs.append(
            Data(
                pos=2 * torch.rand(count, 3, generator=generator, dtype=torch.float64),
                z=torch.tensor([6, 1, 8, 1, 7][:count]),
                edge_index=torch.cat([bonds, bonds.flip(0)], dim=1),
                cell=3.0 * torch.eye(3, dtype=torch.float64)[None],
                pbc=torch.ones(1, 3, dtype=torch.bool),
                noise_ratio=torch.tensor([0.7], dtype=torch.float64),
            )
        )
    return Batch.from_data_list(graphs)


@pytest.mark.parametrize("name", registry.names("loss"))
def test_every_registered_structure_loss_gives_what_it_gives_with_the_batch(name, molecules):
    loss = registry.create("loss", name)
    if isinstance(loss, SpinLoss):
        with pytest.raises(ValueError, match=f"`loss` must be one that scores .*'{name}'"):
            FlatLoss(name)
        return
    pred = molecules.pos + 0.3 * torch.sin(5 * molecules.pos.flip(-1))
    torch.manual_seed(0)
    expected = registry.create("loss", name)(pred, molecules)
    torch.manual_seed(0)
    with batch_context(molecules):
        found = FlatLoss(name)(pred, molecules.pos)
    assert torch.allclose(found, expected)


@pytest.mark.parametrize("stiffness", registry.names("stiffness"))
def test_laws_that_read_elements_and_bonds_find_them(stiffness, molecules):
    pred = 1.1 * molecules.pos
    law = ElementPair({(6, 1): 2.0}, Exponential()) if stiffness == "element_pair" else stiffness
    with batch_context(molecules):
        found = FlatLoss(options={"stiffness": law})(pred, molecules.pos)
    assert torch.equal(found, PairEnergyLoss(law)(pred, molecules))


def test_a_crystal_is_scored_as_a_crystal():
    cesium_chloride = Data(
        pos=torch.tensor([[0.0, 0, 0], [2.06, 2.06, 2.06]]),
        cell=4.12 * torch.eye(3)[None],
        pbc=torch.ones(1, 3, dtype=torch.bool),
    )
    cesium_chloride = RigidEdgeTransform(complete_below=0)(cesium_chloride)
    data = Batch.from_data_list([cesium_chloride])
    pred = data.pos + torch.tensor([[0.0, 0, 0], [0.2, 0, 0]])
    with batch_context(data):
        found = FlatLoss()(pred, data.pos)
    assert torch.equal(found, PairEnergyLoss()(pred, data))
    assert not torch.allclose(found, PairEnergyLoss()(pred, Data(pos=data.pos)))


def test_losses_that_depend_on_noise_get_the_ratio_of_the_schedule(molecules):
    pred = molecules.pos + 0.3 * torch.sin(5 * molecules.pos.flip(-1))
    expected = registry.create("loss", "energy_gated")(pred, molecules)
    del molecules.noise_ratio
    with batch_context(molecules, alpha=torch.tensor([2.0, 1.0]), sigma=torch.tensor([1.4, 0.7])):
        assert torch.allclose(FlatLoss("energy_gated")(pred, molecules.pos), expected)


def test_a_target_in_the_batch_and_a_unit_of_the_host(state):
    data, _, pairs = state
    pred, expected = pairs["x0"][0], PairEnergyLoss()(pairs["x0"][0], data)
    with batch_context(data):
        assert torch.equal(FlatLoss(target="batch")(pred, torch.randn_like(pred)), expected)
        scaled = FlatLoss(scale=2.0)(0.5 * pred, 0.5 * data.pos)
    assert torch.allclose(scaled, expected)
    with batch_context(Batch(pos=0.5 * data.pos, batch=data.batch)):
        found = FlatLoss(target="batch", scale=2.0)(0.5 * pred, torch.randn_like(pred))
    assert torch.allclose(found, expected)
    with pytest.raises(MissingContextError, match="`pos` is needed as the true positions"):
        FlatLoss(target="batch")(pred, pred, batch=data.batch)
    with pytest.raises(ValueError, match="`target` must be 'call' or 'batch', got 'pos'"):
        FlatLoss(target="pos")
    with pytest.raises(ValueError, match=r"`scale` must be positive, got 0"):
        FlatLoss(scale=0)


@pytest.mark.parametrize("known", ["alpha", "sigma"])
def test_a_flow_needs_one_of_alpha_and_sigma(state, known):
    data, _, _ = state
    schedule, pair, _ = flow_state(data)
    loss = FlatLoss(parametrization="flow", weighting="flow")
    with batch_context(data, **schedule):
        expected = loss(*pair)
    with batch_context(data, x_t=schedule["x_t"], **{known: schedule[known]}):
        assert torch.allclose(loss(*pair), expected)


def test_padded_hosts_get_the_value_of_flat_ones(state):
    data, schedule, pairs = state
    mask = torch.arange(max(SIZES)) < torch.tensor(SIZES)[:, None]
    pred, target, x_t = (to_padded(x, mask) for x in (*pairs["epsilon"], schedule["x_t"]))
    target[~mask] = 7.0  # padding is anything
    loss = FlatLoss(parametrization="epsilon", weighting="epsilon")
    with batch_context(data, **schedule):
        expected = loss(*pairs["epsilon"])
    given = {"x_t": x_t, "alpha": schedule["alpha"], "sigma": schedule["sigma"]}
    with batch_context(**given, mask=mask[..., None].float()):
        assert torch.equal(loss(pred, target), expected)
    with batch_context(**given):
        assert torch.equal(loss(pred, target, mask=mask), expected)
        with pytest.raises(MissingContextError, match="`mask` is needed to tell atoms from pad"):
            loss(pred, target)
        with pytest.raises(ValueError, match=r"`mask` must have shape \(3, 7\)"):
            loss(pred, target, mask=mask[:, 1:])


def test_what_a_host_passes_with_the_call_needs_no_context(state):
    data, _, pairs = state
    expected = PairEnergyLoss(reduction="none")(pairs["x0"][0], data)
    loss = FlatLoss()
    found = loss(*pairs["x0"], batch=data.batch, weights=torch.tensor([1.0, 1.0, 3.0]))
    assert torch.allclose(found, (expected * torch.tensor([1.0, 1.0, 3.0])).mean())
    elements = loss(*pairs["x0"], batch=data.batch, reduction="none")
    assert torch.equal(elements, expected[data.batch, None].expand(-1, 3))
    with pytest.raises(ValueError, match="`reduction` must be one of mean, none, sum"):
        loss(*pairs["x0"], batch=data.batch, reduction="median")
    with pytest.raises(
        ValueError, match=r"`weights` must have one value per graph, \[3\], or per n"
    ):
        loss(*pairs["x0"], batch=data.batch, weights=torch.ones(2))


@pytest.mark.parametrize("layout", ["flat", "padded"])
def test_masks_and_weights_of_nodes_are_those_of_the_batch(state, layout):
    data, _, pairs = state
    pred, target = pairs["x0"]
    weights = torch.linspace(0.5, 2.0, len(pred), dtype=torch.float64)
    counted = torch.arange(len(pred)) != 2
    marked = data.clone()
    marked.pos_weight, marked.pos_mask = weights, counted
    expected = KabschMSELoss()(pred, marked)
    kept = Batch.from_data_list([Data(pos=p) for p in target[counted].split((4, 1, 7))])
    kept.pos_weight = weights[counted]
    assert torch.allclose(expected, KabschMSELoss()(pred[counted], kept))
    loss = FlatLoss("kabsch")
    if layout == "flat":
        found = loss(pred, target, batch=data.batch, mask=counted, weights=weights)
    else:
        padding = torch.arange(max(SIZES)) < torch.tensor(SIZES)[:, None]
        full, rows = padding.clone(), [to_padded(x, padding) for x in (pred, target)]
        full[0, 2] = False
        spread = to_padded(weights[:, None], padding)
        found = loss(*rows, mask=full, weights=spread)
    assert torch.allclose(found, expected)


def test_elements_of_padding_are_zero(state):
    data, _, pairs = state
    mask = torch.arange(max(SIZES)) < torch.tensor(SIZES)[:, None]
    pred, target = (to_padded(x, mask) for x in pairs["x0"])
    found = FlatLoss(reduction="elements")(pred, target, mask=mask)
    assert found.shape == pred.shape
    assert found[~mask].abs().max() == 0
    flat = FlatLoss(reduction="elements")(*pairs["x0"], batch=data.batch)
    assert torch.equal(found[mask], flat)


@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("threaded", [False, True])
def test_a_checkpointed_loss_keeps_its_context_for_the_backward_pass(state, reentrant, threaded):
    data, schedule, pairs = state
    other = Batch.from_data_list([Data(pos=data.pos[:13] + 1.0)])
    loss = FlatLoss(parametrization="epsilon")
    gradients = {}
    for checkpointed in (False, True):
        pred = pairs["epsilon"][0].clone().requires_grad_()

        def step(given):
            return loss(2.0 * given, pairs["epsilon"][1] + 0.0)

        with batch_context(data, **schedule):
            value = checkpoint(step, pred, use_reentrant=reentrant) if checkpointed else step(pred)
        with batch_context(other):  # the next batch has begun
            if threaded:
                thread = threading.Thread(target=value.backward)
                thread.start()
                thread.join()
            else:
                value.backward()
        gradients[checkpointed] = pred.grad
    assert gradients[True] is not None
    assert torch.equal(gradients[True], gradients[False])


def test_accumulated_steps_find_each_its_own_context(state):
    data, _, pairs = state
    loss = FlatLoss()
    pred = pairs["x0"][0].clone().requires_grad_()
    values = []
    for shift in (0.0, 1.0):
        with batch_context(batch=data.batch if shift == 0.0 else torch.zeros_like(data.batch)):
            values.append(
                checkpoint(loss, pred, pairs["x0"][1] + shift * data.pos, use_reentrant=False)
            )
    sum(values).backward()
    expected = pairs["x0"][0].clone().requires_grad_()
    one = Data(pos=pairs["x0"][1] + data.pos)
    (PairEnergyLoss()(expected, data) + PairEnergyLoss()(expected, one)).backward()
    assert torch.allclose(pred.grad, expected.grad)


def test_a_used_loss_can_be_copied_and_pickled(state):
    data, _, pairs = state
    loss = FlatLoss()
    with batch_context(data):
        expected = loss(pairs["x0"][0].requires_grad_(), pairs["x0"][1])
        assert torch.equal(copy.deepcopy(loss)(*pairs["x0"]), expected)
        assert torch.equal(pickle.loads(pickle.dumps(loss))(*pairs["x0"]), expected)  # noqa: S301


def test_weight_and_reduction(state):
    data, _, pairs = state
    with batch_context(data):
        none = FlatLoss(reduction="none")(*pairs["x0"])
        assert none.shape == (3,)
        assert torch.allclose(FlatLoss(reduction="sum", weight=2)(*pairs["x0"]), 2 * none.sum())
        assert torch.allclose(FlatLoss()(*pairs["x0"]), none.mean())


def test_no_parameters_no_buffers_and_a_readable_name():
    loss = FlatLoss(options={"stiffness": "inverse"}, parametrization="epsilon", weight=0.5)
    assert loss.state_dict() == {}
    assert "'pair_energy', options={'stiffness': 'inverse'}, param" in repr(loss)


def test_without_context_it_raises(state):
    _, _, pairs = state
    for name, pair in pairs.items():
        with pytest.raises(MissingContextError, match="outside of a batch context"):
            FlatLoss(parametrization=name)(*pair)


@pytest.mark.parametrize("field", ["x_t", "alpha", "sigma"])
def test_a_missing_field_is_named_with_its_purpose(state, field):
    data, schedule, pairs = state
    given = {k: v for k, v in schedule.items() if k != field}
    with (
        batch_context(data, **given),
        pytest.raises(
            MissingContextError, match=f"`{field}` is needed to turn a prediction of epsilon into"
        ),
    ):
        FlatLoss(parametrization="epsilon")(*pairs["epsilon"])
    if field != "x_t":
        with (
            batch_context(data, **given),
            pytest.raises(MissingContextError, match=f"`{field}` is needed to weigh graphs"),
        ):
            FlatLoss(weighting="epsilon")(*pairs["x0"])


def test_wrong_arguments(state):
    data, schedule, pairs = state
    with pytest.raises(ValueError, match="`parametrization` must be one of x0, epsilon"):
        FlatLoss(parametrization="noise")
    with pytest.raises(ValueError, match="`parametrization` must be one of x0, epsilon"):
        FlatLoss(weighting="noise")
    with pytest.raises(ValueError, match="`reduction` must be one of"):
        FlatLoss(reduction="median")
    with pytest.raises(ValueError, match="`options` are for a `loss` given by name"):
        FlatLoss(PairEnergyLoss(), options={"stiffness": "inverse"})
    with pytest.raises(KeyError, match=r"unknown loss 'par_energy'.*Did you mean 'pair_energy'"):
        FlatLoss("par_energy")
    with batch_context(data):
        with pytest.raises(ValueError, match=r"`pred` and `target` must both have shape"):
            FlatLoss()(pairs["x0"][0], pairs["x0"][1][:-1])
        with pytest.raises(ValueError, match=r"give it reduction='none'"):
            FlatLoss(PairEnergyLoss())(*pairs["x0"])
    schedule["alpha"] = schedule["alpha"][:2]
    with batch_context(data, **schedule), pytest.raises(ValueError, match=r"got 2"):
        FlatLoss(parametrization="epsilon")(*pairs["epsilon"])


def test_an_option_that_the_loss_has_not_is_told_with_those_it_has():
    with pytest.raises(TypeError, match=r"'pair_energy' has no option 'stifness'; it has: stiffn"):
        FlatLoss(options={"stifness": "inverse"})
    with pytest.raises(TypeError, match="Did you mean 'stiffness'"):
        FlatLoss(options={"stifness": "inverse"})
