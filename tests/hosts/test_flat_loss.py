"""The flat loss: one value in one state, whatever the host predicts."""

import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss
from pyg_energyloss.hosts import PARAMETRIZATIONS, FlatLoss, MissingContextError, batch_context

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
    assert torch.allclose(found, PairEnergyLoss()(x_hat, data), rtol=1e-9)


def test_the_value_is_that_of_the_loss_called_with_the_batch(state):
    data, _, pairs = state
    with batch_context(data):
        assert torch.equal(FlatLoss()(*pairs["x0"]), PairEnergyLoss()(pairs["x0"][0], data))


@pytest.mark.parametrize("name", PARAMETRIZATIONS)
def test_weights_make_a_squared_error_that_of_the_parametrization(state, name):
    data, schedule, pairs = state
    x_pred, x_true = pairs["x0"]
    if name == "flow":
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


@pytest.mark.parametrize("name", ["mse", "mae", "kabsch", "pair_energy"])
def test_every_structure_loss_can_be_swapped_in(state, name):
    data, _, pairs = state
    with batch_context(data):
        assert FlatLoss(name)(*pairs["x0"]) > 0
        assert FlatLoss(name)(pairs["x0"][1], pairs["x0"][1]).abs() < 1e-8


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
