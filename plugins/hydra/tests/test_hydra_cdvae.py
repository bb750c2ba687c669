"""CDVAE's coordinate loss: zero at its own target, and only that loss is replaced."""

import sys
import types

import pytest
import torch
from pyg_energyloss_hydra.cdvae import coordinate_energy, energy_model


@pytest.fixture
def crystals():
    generator = torch.Generator().manual_seed(0)
    batch = torch.tensor([0, 0, 0, 1, 1, 1, 1])
    cell = 4 * torch.eye(3, dtype=torch.float64).repeat(2, 1, 1)
    cell += 0.3 * torch.randn(2, 3, 3, generator=generator, dtype=torch.float64)
    true = torch.rand(7, 3, generator=generator, dtype=torch.float64)
    sigma = torch.tensor([0.1, 0.4], dtype=torch.float64)[batch]
    noise = torch.randn(7, 3, generator=generator, dtype=torch.float64)
    fraction = (sigma[:, None, None] * noise[:, :, None] * cell.inverse()[batch]).sum(1)
    return (true + fraction) % 1.0, true, sigma, batch, cell, noise


def test_the_target_of_cdvae_has_no_energy(crystals):
    *state, noise = crystals
    assert coordinate_energy(-noise, *state) < 1e-20
    assert coordinate_energy(-0.9 * noise, *state) > 1e-4


def test_its_weight_makes_the_value_the_same_at_every_noise_level(crystals):
    _, true, sigma, batch, cell, noise = crystals
    errors = 1e-4 * noise
    values = []
    for factor in (1.0, 3.0):
        level = factor * sigma
        fraction = (level[:, None, None] * noise[:, :, None] * cell.inverse()[batch]).sum(1)
        values.append(coordinate_energy(errors - noise, true + fraction, true, level, batch, cell))
    assert torch.allclose(values[0], values[1], rtol=1e-3)


def test_the_model_overrides_one_method(monkeypatch, crystals):
    class CDVAE:
        def coord_loss(self):
            return "theirs"

        def type_loss(self):
            return "theirs"

    model = types.ModuleType("cdvae.pl_modules.model")
    model.CDVAE = CDVAE
    data = types.ModuleType("cdvae.common.data_utils")
    data.lattice_params_to_matrix_torch = lambda lengths, angles: crystals[4]
    for name in ("cdvae", "cdvae.pl_modules", "cdvae.common"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, model.__name__, model)
    monkeypatch.setitem(sys.modules, data.__name__, data)
    energy_model.cache_clear()
    from pyg_energyloss_hydra import cdvae

    ours = cdvae.EnergyCDVAE()
    noisy, true, sigma, index, _, noise = crystals
    batch = types.SimpleNamespace(frac_coords=true, batch=index, lengths=None, angles=None)
    assert ours.coord_loss(-noise, noisy, sigma, batch) < 1e-20
    assert ours.type_loss() == "theirs"
    assert isinstance(ours, CDVAE)
    energy_model.cache_clear()


def test_without_cdvae_the_error_says_where_it_is(monkeypatch):
    energy_model.cache_clear()
    monkeypatch.setitem(sys.modules, "cdvae", None)
    with pytest.raises(ImportError, match="is for CDVAE's own environment"):
        energy_model()
