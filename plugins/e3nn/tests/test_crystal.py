"""Tensor products on crystals; what all networks of crystals do is tested in the core."""

import json

import pytest
import torch

from pyg_energyloss import registry
from pyg_energyloss.cli import main
from pyg_energyloss.data.loader import assemble
from pyg_energyloss.experiments.crystals.tasks import Denoise

pytest.importorskip("e3nn")
from e3nn.util.test import assert_equivariant
from pyg_energyloss_e3nn import CrystalTensorProductNetwork

SMALL = "4x0e + 2x1o + 2x2e"


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # e3nn makes its constants in it
    made = registry.create("model", "crystal_e3nn", irreps=SMALL, layers=2)
    torch.set_default_dtype(dtype)
    return made


@pytest.fixture
def batch():
    torch.set_default_dtype(torch.float64)  # the kit of e3nn expects accuracy by it
    batch = assemble(registry.create("dataset", "perov_5_small")["test"], torch.arange(2))
    batch.pos, batch.cell = batch.pos.double(), batch.cell.double()
    task = Denoise((0.5,), lattice_given=False)
    return task.prepare(batch, torch.Generator().manual_seed(0))


def test_is_found_by_name_among_the_networks_of_crystals(network):
    assert isinstance(network, CrystalTensorProductNetwork)
    assert registry.entry("model", "crystal_e3nn").role == "crystal"


def test_passes_e3nns_own_test_of_turning_reflecting_and_shifting(network, batch):
    def predict(pos, vectors):
        batch.input_pos, batch.input_cell = pos, vectors.view(-1, 3, 3)
        pos, cell = network(batch)
        return pos, cell.flatten(0, 1)

    assert_equivariant(
        predict,
        args_in=[batch.input_pos, batch.input_cell.flatten(0, 1)],
        irreps_in=["cartesian_points", "1x1o"],
        irreps_out=["cartesian_points", "1x1o"],
    )


def test_the_strain_is_symmetric_and_not_the_same_along_all_axes(network, batch):
    strain = torch.linalg.solve(batch.input_cell, network(batch)[1]) - torch.eye(3)
    torch.testing.assert_close(strain, strain.mT)
    assert (torch.linalg.eigvalsh(strain).diff() > 1e-4).all()


def test_coincident_atoms_and_own_images_give_finite_gradients(network, batch):
    pos = batch.input_pos = torch.zeros_like(batch.input_pos, requires_grad=True)
    cell = batch.input_cell = batch.input_cell.clone().requires_grad_()
    moved, lattice = network(batch)
    (moved.square().sum() + lattice.square().sum()).backward()
    assert pos.grad.isfinite().all()
    assert cell.grad.isfinite().all()
    assert all(p.grad.isfinite().all() for p in network.parameters() if p.grad is not None)
    network.zero_grad()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"irreps": "8x0e + 4x1o"}, r"and vectors \(1o\) and symmetric tensors \(2e\); got '8x0e"),
        ({"irreps": "eight scalars"}, "must be in e3nn's notation"),
        ({"lmax": 0}, "`lmax` must be at least 1, got 0"),
        ({"layers": 0}, "`layers` must be at least 1, got 0"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        CrystalTensorProductNetwork(**options)


def test_the_study_of_crystals_trains_it(runs_here, tmp_path):
    pytest.importorskip("lightning", reason="training needs Lightning")
    command = ["crystals", "--quick", "--steps", "2", "--models", "crystal_e3nn", "--losses"]
    command += ["energy_absolute_lattice", "--lattice", "predicted", "--out", str(tmp_path)]
    command += ["--eval-graphs", "2", "--match-graphs", "1", "--noise-levels", "0.3"]
    command += ["--model-arg", f"crystal_e3nn.irreps={SMALL}", "--model-arg"]
    assert main([*command, "crystal_e3nn.layers=1"]) == 0
    (row,) = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert row["labels"]["model"] == "crystal_e3nn"
    assert row["values"]["length_mae"]["mean"] > 0
