"""EDM itself, from a checkout that PYG_ENERGYLOSS_EDM points to; its source is not touched."""

import os
import sys
from pathlib import Path

import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss
from pyg_energyloss.hosts import FlatLoss
from pyg_energyloss.hosts.patches import patch_edm

CHECKOUT = os.environ.get("PYG_ENERGYLOSS_EDM", "")
pytestmark = [
    pytest.mark.hosts,
    pytest.mark.skipif(
        not (Path(CHECKOUT) / "equivariant_diffusion/en_diffusion.py").is_file() or not CHECKOUT,
        reason="PYG_ENERGYLOSS_EDM names no checkout of e3_diffusion_for_molecules",
    ),
]
FEATURES = 5


@pytest.fixture
def edm(monkeypatch):
    """EDM's own modules, imported afresh from the checkout and forgotten afterwards."""
    packages = ("equivariant_diffusion", "egnn")

    def forget():
        for name in [n for n in sys.modules if n.split(".")[0] in packages]:
            del sys.modules[name]

    monkeypatch.syspath_prepend(CHECKOUT)
    forget()
    from egnn.models import EGNN_dynamics_QM9
    from equivariant_diffusion import en_diffusion

    def make():
        torch.manual_seed(0)
        dynamics = EGNN_dynamics_QM9(
            in_node_nf=FEATURES + 2, context_node_nf=0, n_dims=3, hidden_nf=16, n_layers=2,
            attention=True, tanh=True, norm_constant=1, inv_sublayers=1, normalization_factor=1,
            aggregation_method="sum", device="cpu",
        )  # fmt: skip
        return en_diffusion.EnVariationalDiffusion(
            dynamics=dynamics, in_node_nf=FEATURES + 1, n_dims=3, timesteps=100,
            noise_schedule="polynomial_2", noise_precision=1e-5, loss_type="l2",
            norm_values=(1, 4, 1), include_charges=True,
        )  # fmt: skip

    yield en_diffusion, make
    forget()


@pytest.fixture
def batch():
    """Two molecules of 3 and 5 atoms as EDM's loader pads them."""
    generator = torch.Generator().manual_seed(0)
    mask = torch.zeros(2, 5, 1)
    mask[0, :3], mask[1] = 1, 1
    x = mask * torch.randn(2, 5, 3, generator=generator)
    x = mask * (x - x.sum(1, keepdim=True) / mask.sum(1, keepdim=True))
    kinds = torch.randint(0, FEATURES, (2, 5), generator=generator)
    one_hot = mask * torch.nn.functional.one_hot(kinds, FEATURES)
    edge = mask * mask.transpose(1, 2) * (1 - torch.eye(5))
    features = {"categorical": one_hot, "integer": mask * (1 + kinds[..., None])}
    return x, features, mask, edge.reshape(-1, 1)


def test_the_error_is_the_energy_of_the_structures_that_edm_stands_for(edm, batch):
    module, make = edm
    loss = FlatLoss(parametrization="epsilon", weighting="epsilon", reduction="none")
    patch_edm(loss, module)
    model = make()
    x, features, mask, _ = batch
    gamma = model.inflate_batch_array(model.gamma(torch.tensor([[0.2], [0.7]])), x)
    alpha, sigma = model.alpha(gamma, x), model.sigma(gamma, x)
    eps = model.sample_combined_position_feature_noise(2, 5, mask)
    xh = torch.cat([x, features["categorical"], features["integer"]], dim=2)
    z_t = alpha * xh + sigma * eps
    net_out = eps + 0.1 * mask * torch.randn(eps.shape, generator=torch.Generator().manual_seed(1))
    model._energyloss_state = (z_t, mask)
    found = model.compute_error(net_out, gamma, eps)

    x_hat = model.compute_x_pred(net_out, z_t, gamma)[..., :3]  # EDM's own way back
    keep = mask[..., 0] > 0
    data = Batch.from_data_list([Data(pos=x[i][keep[i]]) for i in range(2)])
    energy = PairEnergyLoss(reduction="none")(x_hat[keep], data)
    rest = (eps - net_out)[..., 3:].square().sum(dim=(1, 2)) / ((3 + FEATURES + 1) * 5)
    expected = (alpha / sigma).square().reshape(-1) * energy + rest
    assert torch.allclose(found, expected, rtol=1e-3)


def test_it_trains_and_its_likelihood_in_evaluation_is_as_before(edm, batch):
    module, make = edm
    x, features, mask, edge = batch
    torch.manual_seed(1)
    before = make().eval()(x, features, mask, edge)
    patch_edm(FlatLoss(parametrization="epsilon", weighting="epsilon", reduction="none"), module)
    torch.manual_seed(1)
    model = make()
    assert torch.equal(model.eval()(x, features, mask, edge), before)

    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = model(x, features, mask, edge).mean()
        loss.backward()
        assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-20:]) < sum(losses[:20])
