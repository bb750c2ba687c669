import pytest
import torch

from pyg_energyloss.generative import (
    PolynomialSchedule,
    ancestral_step,
    centred,
    centred_noise,
    ddim_step,
    time_grid,
)


def levels(time):
    return PolynomialSchedule()(torch.tensor(time, dtype=torch.float64))


def test_ddim_with_the_truth_stays_on_the_path():
    x, noise = torch.randn(2, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    (a, s), (b, r) = levels(0.8), levels(0.3)
    torch.testing.assert_close(ddim_step(a * x + s * noise, x, (a, s), (b, r)), b * x + r * noise)


def test_ancestral_steps_have_the_moments_of_the_noising_process():
    # From x_t of one x0, one step with that x0 must give samples of x_s = α_s x0 + σ_s ε.
    generator = torch.Generator().manual_seed(2)
    count, x = 200_000, 1.7
    (a, s), (b, r) = levels(0.7), levels(0.5)
    noise, more = torch.randn(2, count, dtype=torch.float64, generator=generator)
    x_s = ancestral_step(a * x + s * noise, torch.full((count,), x), (a, s), (b, r), more)
    assert x_s.mean() == pytest.approx(float(b * x), abs=5 * float(r) / count**0.5)
    assert x_s.std() == pytest.approx(float(r), rel=0.01)


def test_noise_has_no_centre_of_mass_and_the_variance_of_what_is_left():
    batch = torch.repeat_interleave(torch.arange(4000), 5)
    noise = centred_noise(batch, 4000, generator=torch.Generator().manual_seed(3))
    middle = torch.zeros(4000, 3).index_add(0, batch, noise)
    assert middle.abs().max() < 1e-5
    # Five atoms less the centre: 4/5 of the variance.
    assert noise.var() == pytest.approx(0.8, rel=0.02)
    torch.testing.assert_close(centred(noise, batch, 4000), noise, atol=1e-6, rtol=0)


def test_time_grid_is_checked():
    with pytest.raises(ValueError, match="`steps` must be at least 1"):
        time_grid(0)
