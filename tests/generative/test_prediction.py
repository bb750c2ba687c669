import pytest
import torch

from pyg_energyloss.generative import PREDICTIONS, SCHEDULES


@pytest.fixture
def sample():
    generator = torch.Generator().manual_seed(0)
    x, noise = torch.randn(2, 50, 3, generator=generator, dtype=torch.float64)
    time = torch.rand(50, 1, generator=generator, dtype=torch.float64)
    return x, noise, time


def true_output(name, x, noise, alpha, sigma):
    return {"noise": noise, "velocity": alpha * noise - sigma * x, "flow": noise - x}[name]


@pytest.mark.parametrize(
    ("name", "schedule"),
    [
        ("noise", "polynomial"),
        ("noise", "flow"),
        ("velocity", "cosine"),
        ("velocity", "flow"),
        ("flow", "flow"),
    ],
)
def test_the_true_output_gives_the_structure_and_the_weight_its_squared_error(
    name, schedule, sample
):
    x, noise, time = sample
    alpha, sigma = SCHEDULES[schedule]()(time)
    x_t = alpha * x + sigma * noise
    prediction, output = PREDICTIONS[name](), true_output(name, x, noise, alpha, sigma)
    torch.testing.assert_close(prediction.clean(output, x_t, alpha, sigma), x)
    # |output - true output|² = weight |x̂ - x|², whatever the error.
    wrong = output + 0.1 * torch.sin(torch.arange(150.0, dtype=torch.float64)).view(50, 3)
    error = (prediction.clean(wrong, x_t, alpha, sigma) - x).square()
    torch.testing.assert_close(prediction.weight(alpha, sigma) * error, (wrong - output).square())
