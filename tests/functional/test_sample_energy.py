"""Samples of one target have the energies and gradients that each has alone."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from pyg_energyloss import SmoothLDDTLoss, potentials, stiffness
from pyg_energyloss.functional import complete_pair_energy, sample_energy, smooth_lddt
from pyg_energyloss.losses import PaddedLoss


def structures(rng, samples=3, sizes=(5, 1, 9), dim=3, dtype=torch.float64):
    batch = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    batch = batch[torch.randperm(len(batch), generator=rng)]
    target = 2 * torch.randn(len(batch), dim, generator=rng, dtype=dtype)
    pred = target + 0.3 * torch.randn(samples, len(batch), dim, generator=rng, dtype=dtype)
    return pred, target, batch


def assert_as_alone(pred, target, tolerance=1e-9, **options):
    pos, alone = (pred.clone().requires_grad_() for _ in range(2))
    found = sample_energy(pos, target, **options)
    expected = torch.stack([complete_pair_energy(one, target, **options) for one in alone])
    scale = torch.linspace(1.0, 2.0, found.numel(), dtype=found.dtype).view_as(found)
    (found * scale).sum().backward()
    (expected * scale).sum().backward()
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)
    torch.testing.assert_close(pos.grad, alone.grad, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("samples", [1, 17, 50])
@pytest.mark.parametrize("dim", [2, 3])
def test_every_sample_is_as_alone(rng, engine, samples, dim):
    pred, target, batch = structures(rng, samples, dim=dim)
    weight = torch.rand(len(batch), generator=rng, dtype=torch.float64)
    weight[::4] = 0
    options = {"potential": potentials.LDDT(), "cutoff": 4.0, "node_weight": weight}
    assert_as_alone(pred, target, batch=batch, num_graphs=4, **options)


def test_any_law_any_potential_and_float32(rng, engine):
    pred, target, batch = structures(rng, 4)
    for law in (stiffness.Exponential(), lambda d: 1 / (1 + d)):
        assert_as_alone(pred, target, stiffness=law, batch=batch)
    assert_as_alone(pred.float(), target.float(), 1e-5, stiffness=stiffness.Exponential())


def test_first_and_second_derivatives(rng):
    pred, target, batch = structures(rng, 2, sizes=(3, 2))

    def energy(pos):
        return sample_energy(pos, target, potential=potentials.LDDT(), batch=batch)

    assert gradcheck(energy, pred.requires_grad_())
    assert gradgradcheck(energy, pred)


def test_an_exploded_sample_is_finite_and_a_nan_stays_in_its_sample(rng, engine):
    pred, target, _ = structures(rng, 3, dtype=torch.float32)
    pred[0] *= 1e30
    pos = pred.clone().requires_grad_()
    energy = sample_energy(pos, target)
    energy.sum().backward()
    assert energy.isfinite().all()
    assert pos.grad.isfinite().all()
    pred[0, 0] = torch.nan
    assert sample_energy(pred, target).isnan().flatten().tolist() == [True, False, False]


def test_the_lddt_of_samples_with_nucleotides(rng, engine):
    pred, target, batch = structures(rng, 5, sizes=(40, 30))
    options = {"cutoff": 3.0, "nucleotide_cutoff": 5.0, "batch": batch}
    options |= {"is_nucleotide": torch.arange(70) % 3 == 0}
    expected = torch.stack([smooth_lddt(one, target, **options) for one in pred])
    torch.testing.assert_close(smooth_lddt(pred, target, **options), expected)


def test_padded_samples_share_their_target(rng, monkeypatch):
    target = 5 * torch.randn(2, 1, 20, 3, generator=rng)
    pred = target + torch.randn(2, 4, 20, 3, generator=rng)
    mask = torch.arange(20) < torch.tensor([[[20]], [[13]]])
    weights = torch.rand(2, 1, 20, generator=rng)
    loss, asked = PaddedLoss(SmoothLDDTLoss()), []
    ask = loss.inner.sample_values

    def remember(pos, data):
        asked.append(tuple(pos.shape))
        return ask(pos, data)

    monkeypatch.setattr(loss.inner, "sample_values", remember)
    found = loss(pred, target, mask=mask, weights=weights)
    spread = [t.expand(2, 4, *t.shape[2:]) for t in (target, mask, weights)]
    expected = loss(pred, spread[0], mask=spread[1], weights=spread[2])
    assert asked == [(4, 40, 3), (160, 3)]
    torch.testing.assert_close(found, expected)


def test_other_shapes_are_refused(rng):
    pred, target, _ = structures(rng)
    with pytest.raises(ValueError, match="`pos_pred` must have shape"):
        sample_energy(pred[0], target)
    with pytest.raises(ValueError, match="`pos_pred` must have shape"):
        sample_energy(pred[:, 1:], target)
