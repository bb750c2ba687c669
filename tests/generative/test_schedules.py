import pytest
import torch

from pyg_energyloss.generative import (
    SCHEDULES,
    CosineSchedule,
    FlowSchedule,
    PolynomialSchedule,
    log_snr,
)

TIMES = torch.linspace(0, 1, 101, dtype=torch.float64)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_signal_falls_and_noise_rises_all_the_way(name):
    alpha, sigma = SCHEDULES[name]()(TIMES)
    assert (alpha.diff() < 0).all()
    assert (sigma.diff() > 0).all()
    assert (alpha > 0).all()
    assert (sigma > 0).all()
    assert (log_snr(alpha, sigma).diff() < 0).all()


@pytest.mark.parametrize("schedule", [PolynomialSchedule(), CosineSchedule()])
def test_variance_is_preserved_within_the_precision(schedule):
    alpha, sigma = schedule(TIMES)
    torch.testing.assert_close(alpha**2 + sigma**2, torch.ones_like(TIMES))
    assert sigma[0] ** 2 == pytest.approx(1e-5, rel=1e-6)
    assert alpha[-1] ** 2 == pytest.approx(1e-5, rel=1e-6)


def test_the_published_polynomial():
    # α² = (1 - 2 s) (1 - t²)² + s, at t = 0.5: 9/16 of the signal's variance.
    alpha, _ = PolynomialSchedule(precision=1e-5)(torch.tensor(0.5, dtype=torch.float64))
    assert alpha**2 == pytest.approx((1 - 2e-5) * 0.5625 + 1e-5)


def test_flow_lines_are_straight():
    alpha, sigma = FlowSchedule()(TIMES)
    torch.testing.assert_close(alpha + sigma, torch.ones_like(TIMES))


@pytest.mark.parametrize("schedule", list(SCHEDULES.values()))
@pytest.mark.parametrize("precision", [0.0, 0.5, -1.0, float("nan")])
def test_precision_is_checked(schedule, precision):
    with pytest.raises(ValueError, match="`precision` must be in"):
        schedule(precision=precision)


def test_power_is_checked():
    with pytest.raises(ValueError, match="`power` must be positive"):
        PolynomialSchedule(power=0)
