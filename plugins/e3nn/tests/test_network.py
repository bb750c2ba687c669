import pytest
import torch

from pyg_energyloss import registry
from pyg_energyloss.data import FlatLoader, qm9_small
from pyg_energyloss.experiments.structures.tasks import Denoise, Geometry

e3nn = pytest.importorskip("e3nn")
from e3nn import o3  # noqa: E402 - after the skip
from e3nn.util.test import assert_equivariant  # noqa: E402
from pyg_energyloss_e3nn import TensorProductNetwork  # noqa: E402
from pyg_energyloss_e3nn.convolution import Convolution  # noqa: E402
from pyg_energyloss_e3nn.denoiser import TensorProductDenoiser  # noqa: E402


def batch_of(task):
    batch = next(iter(FlatLoader(qm9_small()["test"], batch_size=5)))
    return task.prepare(batch, torch.Generator().manual_seed(0))


def test_is_found_by_name():
    assert "e3nn" in registry.names("model")
    assert isinstance(registry.create("model", "e3nn", layers=1), TensorProductNetwork)


@pytest.mark.parametrize("irreps", ["8x0e + 4x1o", "6x0e + 3x1o + 2x1e + 2x2e + 2x0o"])
def test_a_convolution_passes_e3nns_own_equivariance_test(irreps):
    torch.manual_seed(0)
    irreps = o3.Irreps(irreps).sort().irreps
    sh = o3.Irreps.spherical_harmonics(2)
    convolution = Convolution(irreps, sh, irreps, 5)
    index = torch.tensor([[0, 1, 2, 2], [1, 0, 1, 0]])
    pair, scale = torch.randn(4, 5), torch.ones(3, 1)
    assert_equivariant(
        lambda h, harmonics: convolution(h, harmonics, pair, index, scale),
        args_in=[torch.randn(3, irreps.dim), torch.randn(4, sh.dim)],
        irreps_in=[irreps, sh],
        irreps_out=convolution.irreps_out,
    )


@pytest.mark.parametrize("task", [Geometry(), Denoise()], ids=["geometry", "denoise"])
def test_the_network_moves_with_its_input(task):
    torch.manual_seed(0)
    network = TensorProductNetwork(irreps="8x0e + 4x1o + 2x2e", lmax=2, layers=2)
    batch = batch_of(task)
    start = batch.input_pos

    def predict(pos):
        batch.input_pos = pos
        return network(batch)

    assert_equivariant(
        predict, args_in=[start], irreps_in=["cartesian_points"], irreps_out=["cartesian_points"]
    )


def test_coincident_atoms_give_finite_gradients():
    network = TensorProductNetwork(irreps="4x0e + 2x1o", layers=2)
    batch = batch_of(Geometry())
    batch.input_pos = torch.zeros_like(batch.input_pos, requires_grad=True)
    network(batch).square().sum().backward()
    assert batch.input_pos.grad.isfinite().all()
    assert all(p.grad.isfinite().all() for p in network.parameters() if p.grad is not None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"irreps": "8x0e"}, r"must contain scalars \(0e\) and vectors \(1o\)"),
        ({"irreps": "eight scalars"}, "must be in e3nn's notation"),
        ({"lmax": 0}, "`lmax` must be at least 1, got 0"),
        ({"layers": 0}, "`layers` must be at least 1, got 0"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        TensorProductNetwork(**options)
    with pytest.raises(ValueError, match=message):
        TensorProductDenoiser(types=5, **options)
