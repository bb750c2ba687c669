"""DiffCSP: the energy of the crystals that its scores stand for, beside its own losses."""

import sys
import types
from types import SimpleNamespace

import pytest
import torch
from pyg_energyloss_hydra.diffcsp import CrystalScoreEnergy, energy_model

from pyg_energyloss.functional import crystal_energy
from pyg_energyloss.hosts import MissingContextError

LEVELS = torch.tensor([0.02, 0.08, 0.4], dtype=torch.float64)


@pytest.fixture
def state():
    generator = torch.Generator().manual_seed(0)
    batch = torch.arange(3).repeat_interleave(4)
    cell = 4 * torch.eye(3, dtype=torch.float64).repeat(3, 1, 1)
    cell += 0.2 * torch.randn(3, 3, 3, generator=generator, dtype=torch.float64)
    true = torch.rand(12, 3, generator=generator, dtype=torch.float64)
    noise = torch.randn(12, 3, generator=generator, dtype=torch.float64)
    noisy = (true + LEVELS[batch, None] * noise) % 1.0
    norm = 0.9 / LEVELS.square()
    score = noise / LEVELS[batch, None] / norm.sqrt()[batch, None]
    return score, noisy, true, cell, LEVELS, norm, batch


def test_the_true_score_stands_for_the_true_crystal(state):
    assert CrystalScoreEnergy()(*state) < 1e-25


def test_it_is_the_energy_of_the_denoised_crystal_weighed_as_its_squared_error(state):
    score, noisy, true, cell, sigma, norm, batch = state
    found = CrystalScoreEnergy()(0.7 * score, noisy, *state[2:])
    expected = 0.0
    for graph in (0, 1):  # the third has more noise than `widest`
        rows = batch == graph
        step = sigma[graph] ** 2 * norm[graph].sqrt() * 0.7 * score[rows]
        energy = crystal_energy(
            noisy[rows] - step, true[rows], cell[graph : graph + 1],
            fractional=True, stiffness=lambda d: torch.exp(-d),
        )  # fmt: skip
        scale = sigma[graph] ** 4 * norm[graph] * cell[graph].det() ** (2 / 3)
        expected += energy / 4 / scale
    assert torch.allclose(found, expected / 3)


def test_crystals_with_wide_noise_have_no_part_in_it(state):
    score = (0.5 * state[0]).requires_grad_()
    CrystalScoreEnergy()(score, *state[1:]).backward()
    assert score.grad[:8].abs().sum(dim=1).min() > 0
    assert not score.grad[8:].any()
    only_wide = [x[8:] for x in state[:3]] + [x[2:] for x in state[3:6]] + [state[6][8:] - 2]
    assert CrystalScoreEnergy()(*only_wide) == 0.0


def test_neither_wrapping_nor_the_origin_matters(state):
    score, noisy, true, *rest = state
    loss = CrystalScoreEnergy()
    value = loss(0.5 * score, noisy, true, *rest)
    moved = loss(0.5 * score, (noisy + 0.37) % 1.0, (true + 0.37) % 1.0, *rest)
    assert torch.allclose(value, moved)


def test_a_level_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"`widest` must be a positive part of a cell"):
        CrystalScoreEnergy(widest=0.0)
    with pytest.raises(TypeError, match="no option 'stifness'"):
        CrystalScoreEnergy(options={"stifness": "inverse"})


class CSPDiffusion(torch.nn.Module):
    """What the subclass meets of DiffCSP's own: its submodules, in the order it calls them."""

    def __init__(self, cost_coord=1.0, energy=None):
        super().__init__()
        self.keep_coords = cost_coord < 1e-5
        self.time_embedding, self.decoder = torch.nn.Identity(), Decoder()
        self.sigma_scheduler = SimpleNamespace(sigmas=LEVELS, sigmas_norm=0.9 / LEVELS.square())

    def forward(self, batch):
        self.time_embedding(torch.arange(3))
        pred = self.decoder(None, batch.z, batch.noisy, batch.cell)[1]
        return {"loss": pred.square().mean()}


class Decoder(torch.nn.Module):
    def forward(self, times, z, noisy, lattice):
        return lattice, 0.1 * noisy


@pytest.fixture
def model(monkeypatch, state):
    found = types.ModuleType("diffcsp.pl_modules.diffusion")
    found.CSPDiffusion = CSPDiffusion
    data = types.ModuleType("diffcsp.common.data_utils")
    data.lattice_params_to_matrix_torch = lambda lengths, angles: state[3]
    for name in ("diffcsp", "diffcsp.pl_modules", "diffcsp.common"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, found.__name__, found)
    monkeypatch.setitem(sys.modules, data.__name__, data)
    energy_model.cache_clear()
    from pyg_energyloss_hydra import diffcsp

    yield diffcsp.EnergyCSPDiffusion
    energy_model.cache_clear()


@pytest.fixture
def batch(state):
    return SimpleNamespace(
        z=None, noisy=state[1], frac_coords=state[2], cell=state[3], batch=state[6],
        lengths=None, angles=None,
    )  # fmt: skip


def test_the_model_adds_the_energy_while_training_and_only_then(model, batch, state):
    ours = model(energy={"weight": 2.0})
    found = ours(batch)
    own = CSPDiffusion()(batch)["loss"]
    energy = 2.0 * CrystalScoreEnergy()(0.1 * state[1], *state[1:])
    assert torch.allclose(found["loss_energy"], energy)
    assert torch.allclose(found["loss"], own + energy)
    assert list(ours.eval()(batch)) == ["loss"]
    assert not ours.decoder._forward_hooks


def test_without_noise_on_positions_it_says_so_at_start(model):
    with pytest.raises(ValueError, match=r"`model.cost_coord` is zero"):
        model(cost_coord=0.0)


def test_another_diffcsp_is_not_guessed_at(model, batch, monkeypatch):
    monkeypatch.setattr(CSPDiffusion, "forward", lambda self, batch: {"loss": torch.zeros(())})
    with pytest.raises(MissingContextError, match="commit 7121d15"):
        model()(batch)


def test_outside_of_its_environment_the_import_says_whose_it_is():
    energy_model.cache_clear()
    with pytest.raises(ImportError, match="DiffCSP's own environment"):
        energy_model()
