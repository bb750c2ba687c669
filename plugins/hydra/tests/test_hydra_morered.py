"""MoreRed's loss, called as SchNetPack calls it: arguments by name from the model's outputs."""

import inspect
import pickle

import pytest
import torch
from pyg_energyloss_hydra.morered import Expose, MoreRedEnergy
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss
from pyg_energyloss.hosts import MissingContextError


class Schedule:
    """Has the two calls of MoreRed's schedules that the loss makes."""

    def unnormalize_time(self, t):
        return (10 * t).long()

    def __call__(self, steps, keys):
        angle = 0.1 + 0.1 * steps.double()
        values = {"sqrt_alpha_bar": angle.cos(), "sqrt_beta_bar": angle.sin()}
        return {key: values[key].unsqueeze(-1) for key in keys}


@pytest.fixture
def state():
    generator = torch.Generator().manual_seed(0)
    x0, eps, error = torch.randn(3, 7, 3, generator=generator, dtype=torch.float64)
    index = torch.tensor([0, 0, 0, 1, 1, 1, 1])
    t = torch.tensor([0.3, 0.8])[index]
    found = Schedule()(Schedule().unnormalize_time(t), ["sqrt_alpha_bar", "sqrt_beta_bar"])
    alpha, sigma = found.values()
    x_t = alpha * x0 + sigma * eps
    x_hat = x0 + 0.1 * error
    outputs = {
        "_idx_m": index,
        "_positions": x_t,
        "t": t,
        "eps_pred": (x_t - alpha * x_hat) / sigma,
    }
    data = Batch.from_data_list([Data(pos=x0[index == g]) for g in (0, 1)])
    return outputs, eps, x_hat, data, (alpha / sigma).square()[[0, 3], 0]


def schnetpack_call(loss, outputs, target):
    """What SchNetPack's ``ModelOutput.calculate_loss`` does with the names of the arguments."""
    names = inspect.getfullargspec(loss).args[2:]
    return loss(outputs["eps_pred"], target, **{k: outputs[k] for k in names if k in outputs})


def test_the_value_is_the_energy_of_the_structures(state):
    outputs, eps, x_hat, data, _ = state
    found = schnetpack_call(MoreRedEnergy(Schedule(), weighting=None), outputs, eps)
    assert torch.allclose(found, PairEnergyLoss()(x_hat, data))


def test_times_weigh_as_in_a_squared_error_of_noise(state):
    outputs, eps, x_hat, data, snr = state
    found = schnetpack_call(MoreRedEnergy(Schedule(), weight=2.0), outputs, eps)
    expected = 2 * (snr * PairEnergyLoss(reduction="none")(x_hat, data)).mean()
    assert torch.allclose(found, expected)


def test_without_the_output_module_it_raises(state):
    outputs, eps, *_ = state
    with pytest.raises(MissingContextError, match=r"add pyg_energyloss_hydra.morered.Expose to"):
        schnetpack_call(MoreRedEnergy(Schedule()), {"eps_pred": outputs["eps_pred"]}, eps)


def test_the_output_module_names_what_the_loss_asks_for_and_changes_nothing(state):
    outputs = state[0]
    with pytest.raises(MissingContextError, match=r"'tt', .* not in MoreRed's batch; .*`time_key`"):
        Expose("tt")({"_idx_m": 0, "_positions": 0, "t": 0})
    module = Expose()
    assert module(outputs) is outputs
    asked = inspect.getfullargspec(MoreRedEnergy(Schedule())).args[3:]
    assert module.model_outputs == asked


def test_it_survives_a_checkpoint():
    again = pickle.loads(pickle.dumps(MoreRedEnergy(Schedule(), options={"stiffness": "inverse"})))  # noqa: S301 - what Lightning does to hyperparameters
    assert again.loss.options == {"stiffness": "inverse"}
