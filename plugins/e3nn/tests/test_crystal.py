"""Tensor products on crystals; what all networks of crystals do is tested in the core."""

import pytest
import torch

from pyg_energyloss import registry
from pyg_energyloss.data.loader import assemble
from pyg_energyloss.experiments.crystals.spec import CrystalSpec
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


@pytest.mark.parametrize("given", [False, True], ids=["lattice predicted", "lattice given"])
def test_passes_e3nns_own_test_of_equivariance(network, batch, given):
    batch.cell_known = given

    def predict(pos, vectors):
        batch.input_pos, batch.input_cell = pos, vectors.view(-1, 3, 3)
        pos, cell = network(batch)
        return pos, vectors if given else cell.flatten(0, 1)

    assert_equivariant(
        predict,
        args_in=[batch.input_pos, batch.input_cell.flatten(0, 1)],
        irreps_in=["cartesian_points", "1x1o"],
        irreps_out=["cartesian_points", "1x1o"],
        do_translation=given,  # a strain moves the origin of a shifted crystal along
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


def test_the_experiment_trains_it(tmp_path):
    pytest.importorskip("lightning", reason="training needs Lightning")
    from pyg_energyloss.experiments.study import run_one

    spec = CrystalSpec(
        seed=0,
        steps=2,
        batch_size=2,
        learning_rate=1e-2,
        dataset="perov_5_small",
        model="crystal_e3nn",
        model_options={"irreps": SMALL, "layers": 1},
        loss="energy_absolute_lattice",
        lattice="predicted",
        levels=(0.3,),
        eval_graphs=2,
        match_graphs=1,
    )
    (found,) = run_one("crystals", spec, tmp_path)["measurements"]
    assert found["values"]["length_mae"] > 0
