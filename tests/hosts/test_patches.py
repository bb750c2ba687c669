"""EDM and JODO: what is rebound, on stand-ins with the calls of the originals."""

import types

import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss
from pyg_energyloss.cli import main
from pyg_energyloss.hosts import FlatLoss, MissingContextError
from pyg_energyloss.hosts.patches import patch_edm, patch_jodo

MASK = torch.tensor([[1, 1, 1, 0], [1, 1, 1, 1]])
FEATURES = 2


def edm_module():
    """The part of EDM's class that the loss goes through."""

    class EnVariationalDiffusion(torch.nn.Module):
        n_dims, in_node_nf, loss_type, norm_values = 3, FEATURES, "l2", (1.0, 4.0, 1.0)

        def alpha(self, gamma, like):
            return torch.sqrt(torch.sigmoid(-gamma))

        def sigma(self, gamma, like):
            return torch.sqrt(torch.sigmoid(gamma))

        def phi(self, x, t, node_mask, edge_mask, context):
            return "the network's output"

        def compute_error(self, net_out, gamma_t, eps):
            return "theirs"

    return types.SimpleNamespace(EnVariationalDiffusion=EnVariationalDiffusion)


@pytest.fixture
def state():
    generator = torch.Generator().manual_seed(0)
    mask = MASK.unsqueeze(-1).double()

    def normal(columns):
        return mask * torch.randn(2, 4, columns, generator=generator, dtype=torch.float64)

    x0, eps, net_out = normal(3), normal(3 + FEATURES), normal(3 + FEATURES)
    gamma = torch.tensor([-1.0, 0.5], dtype=torch.float64).reshape(2, 1, 1)
    return x0, eps, net_out, gamma, mask


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_edm_scores_the_structures_and_keeps_its_error_on_atom_types(state, scale):
    x0, eps, net_out, gamma, mask = state
    module = edm_module()
    loss = FlatLoss(parametrization="epsilon", weighting="epsilon", weight=0.05, reduction="none")
    changed = patch_edm(loss, module)
    assert len(changed) == 2
    model = module.EnVariationalDiffusion()
    model.norm_values = (scale, 4.0, 1.0)
    alpha, sigma = model.alpha(gamma, None), model.sigma(gamma, None)
    z_t = torch.cat([alpha * x0 + sigma * eps[..., :3], eps[..., 3:]], dim=-1)
    assert model.phi(z_t, None, mask, None, None) == "the network's output"
    found = model.compute_error(net_out, gamma, eps)

    x_hat = scale * (z_t[..., :3] - sigma * net_out[..., :3]) / alpha
    data = Batch.from_data_list([Data(pos=scale * x[m > 0]) for x, m in zip(x0, MASK, strict=True)])
    energy = PairEnergyLoss(reduction="none")(x_hat[MASK > 0], data)
    snr = (alpha / sigma).square().reshape(-1)
    types_part = (eps - net_out)[..., 3:].square().sum(dim=(1, 2)) / ((3 + FEATURES) * 4)
    assert torch.allclose(found, 0.05 * snr * energy + types_part)


def test_edm_evaluates_likelihoods_as_before(state):
    _, eps, net_out, gamma, _ = state
    module = edm_module()
    patch_edm(FlatLoss(parametrization="epsilon", reduction="none"), module)
    model = module.EnVariationalDiffusion().eval()
    assert model.compute_error(net_out, gamma, eps) == "theirs"
    model.train().loss_type = "vlb"
    assert model.compute_error(net_out, gamma, eps) == "theirs"


@pytest.mark.parametrize(
    ("patch", "wrong"),
    [
        (patch_edm, {"parametrization": "x0"}),
        (patch_edm, {"parametrization": "epsilon", "target": "batch"}),
        (patch_jodo, {"parametrization": "velocity"}),
    ],
)
def test_a_loss_that_takes_predictions_for_something_else_is_refused(patch, wrong):
    with pytest.raises(
        ValueError, match=r"`(parametrization|target)` must be .*; leave .*= out of"
    ):
        patch(FlatLoss(**wrong, reduction="none"))


def test_edm_without_a_forward_pass_raises(state):
    _, eps, net_out, gamma, mask = state
    module = edm_module()
    patch_edm(FlatLoss(parametrization="epsilon", reduction="none"), module)
    model = module.EnVariationalDiffusion()
    with pytest.raises(MissingContextError, match="EDM computed an error before its network ran"):
        model.compute_error(net_out, gamma, eps)
    model.phi(eps, None, mask, None, None)
    both = model.compute_error(net_out, gamma, eps)
    coordinates = model.compute_error(net_out[..., :3], gamma, eps[..., :3])
    assert (coordinates < both).all()


def jodo_module(x0):
    """The part of JODO's ``losses`` that the loss goes through."""
    module = types.SimpleNamespace()

    def process_edge_batch(batch, device, include_charges, scaler, prop_norm):
        return x0, "edges", MASK.unsqueeze(-1), "edge mask", None

    def get_sde_graph_loss_fn(noise_scheduler, train, scaler, config, prop_dist=None):
        weights = [float(w) for w in config.model.loss_weights.split(",")]

        def loss_fn(model, batch):
            model.train() if train else model.eval()
            module.process_edge_batch(batch, None, None, None, None)
            t = torch.tensor([0.2, 0.6], dtype=torch.float64)
            pred, _ = model(t, x0, "masks", edge_x="edges")
            return weights[0] * (pred - x0).square().mean() + weights[1] * 7.0

        return loss_fn

    module.process_edge_batch = process_edge_batch
    module.get_sde_graph_loss_fn = get_sde_graph_loss_fn
    return module


class Schedule:
    def marginal_prob(self, t):
        return torch.cos(t), torch.sin(t)


class Net(torch.nn.Module):
    def forward(self, t, x, mask, edge_x):
        return 1.1 * x, edge_x


def config(pred_data=True):
    model = types.SimpleNamespace(loss_weights="0.5,2.0,1.0", pred_data=pred_data)
    return types.SimpleNamespace(model=model)


def test_jodo_scores_positions_by_energy_and_the_rest_as_before(state):
    x0 = state[0]
    module = jodo_module(x0)
    assert len(patch_jodo(FlatLoss(reduction="none"), module)) == 2
    given = config()
    net = Net().eval()
    found = module.get_sde_graph_loss_fn(Schedule(), True, None, given)(net, {})
    data = Batch.from_data_list([Data(pos=x[m > 0]) for x, m in zip(x0, MASK, strict=True)])
    energy = PairEnergyLoss(reduction="none")(1.1 * x0[MASK > 0], data)
    t = torch.tensor([0.2, 0.6], dtype=torch.float64)
    expected = 14.0 + 0.5 * ((t.cos() / t.sin()).sqrt() * energy).mean()
    assert torch.allclose(found, expected)
    assert given.model.loss_weights == "0.5,2.0,1.0"  # the program's own configuration
    assert net.training


@pytest.mark.parametrize(("train", "pred_data"), [(False, True), (True, False)])
def test_jodo_evaluates_and_predicts_noise_as_before(state, train, pred_data):
    x0 = state[0]
    module = jodo_module(x0)
    patch_jodo(FlatLoss(reduction="none"), module)
    found = module.get_sde_graph_loss_fn(Schedule(), train, None, config(pred_data))(Net(), {})
    assert torch.allclose(found, 14.0 + 0.5 * (0.1 * x0).square().mean())


@pytest.mark.parametrize(("host", "module"), [("edm", "equivariant_diffusion"), ("jodo", "losses")])
def test_without_a_checkout_the_error_says_where_to_go(host, module, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("")
    assert main(["run", "--host", host, "--", "train.py"]) == 1
    printed = capsys.readouterr().err
    assert f"`{module}" in printed
    assert "run this in the root of a checkout of" in printed
    assert main(["run", "--host", host, "--", "nothing.py"]) == 1
    assert "no script 'nothing.py'" in capsys.readouterr().err


def test_a_script_runs_as_it_would_by_itself(tmp_path, monkeypatch, capsys):
    package = tmp_path / "equivariant_diffusion"
    package.mkdir()
    (package / "en_diffusion.py").write_text(
        "class EnVariationalDiffusion:\n    phi = compute_error = None\n"
    )
    (tmp_path / "main.py").write_text(
        "import sys\nfrom equivariant_diffusion.en_diffusion import EnVariationalDiffusion\n"
        "print(__name__, sys.argv, EnVariationalDiffusion.compute_error.__name__)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    monkeypatch.setattr("sys.argv", ["energyloss"])
    line = [
        "run",
        "--host",
        "edm",
        "--loss",
        "pair_energy?weight=0.05",
        "--",
        "main.py",
        "--x",
        "1",
    ]
    assert main(line) == 0
    printed = capsys.readouterr()
    assert printed.out.strip() == "__main__ ['main.py', '--x', '1'] energy_error"
    assert "energyloss: rebound equivariant_diffusion.en_diffusion" in printed.err
    assert "weighting='epsilon', weight=0.05" in printed.err
