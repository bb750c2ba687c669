import pytest
import torch
from scipy.spatial.transform import Rotation

from pyg_energyloss import registry
from pyg_energyloss.data import FlatLoader, qm9_small
from pyg_energyloss.experiments.structures.tasks import Denoise, Geometry


def batch_of(task, **options):
    batch = next(iter(FlatLoader(qm9_small()["test"], batch_size=6)))
    return task.prepare(batch, torch.Generator().manual_seed(0), **options)


@pytest.mark.parametrize("name", ["gnn", "egnn"])
@pytest.mark.parametrize("task", [Geometry(), Denoise()], ids=["geometry", "denoise"])
def test_gives_finite_positions_and_gradients_for_every_parameter(name, task):
    torch.manual_seed(0)
    batch = batch_of(task)
    model = registry.create("model", name, channels=16, layers=2)
    pos = model(batch)
    assert pos.shape == batch.pos.shape
    pos.square().sum().backward()
    untouched = {n for n, p in model.named_parameters() if p.grad is None}
    noise_only = {n for n, _ in model.named_parameters() if "noise" in n}
    # The last layer's scalar update feeds nothing in an EGNN.
    last = {n for n in untouched if n.startswith("layers.1.")} if name == "egnn" else set()
    assert untouched - last == (noise_only if isinstance(task, Geometry) else set())
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)


def test_egnn_is_equivariant_to_rotation_reflection_and_shift():
    torch.manual_seed(0)
    batch = batch_of(Geometry())
    model = registry.create("model", "egnn", channels=16, layers=3)
    turn = -torch.tensor(Rotation.random(random_state=0).as_matrix(), dtype=torch.float32)
    before = model(batch)
    batch.input_pos = batch.input_pos @ turn.T + 2
    torch.testing.assert_close(model(batch), before @ turn.T + 2, atol=1e-4, rtol=1e-4)


def test_a_graph_does_not_see_its_neighbours_in_the_batch():
    torch.manual_seed(0)
    task = Geometry()
    batch = batch_of(task)
    for name in ("gnn", "egnn"):
        model = registry.create("model", name, channels=16, layers=2)
        together = model(batch)
        stop = int(batch.ptr[1])
        alone = next(iter(FlatLoader(qm9_small()["test"], batch_size=1)))
        alone.input_pos = batch.input_pos[:stop]
        torch.testing.assert_close(model(alone), together[:stop], atol=1e-5, rtol=1e-4)


def test_coincident_atoms_give_finite_gradients():
    batch = batch_of(Geometry())
    batch.input_pos = torch.zeros_like(batch.input_pos, requires_grad=True)
    model = registry.create("model", "egnn", channels=8, layers=2)
    model(batch).square().sum().backward()
    assert batch.input_pos.grad.isfinite().all()


def test_missing_input_coordinates_are_an_error():
    batch = next(iter(FlatLoader(qm9_small()["test"], batch_size=2)))
    with pytest.raises(ValueError, match="no `input_pos`"):
        registry.create("model", "gnn", channels=8, layers=1)(batch)


def test_at_vanishing_noise_the_input_is_returned():
    """Preconditioning: the network's part vanishes with the noise, whatever it says."""
    batch = batch_of(Denoise(levels=(1e-4, 1.0)), level=1e-4)
    for name in ("gnn", "egnn"):
        model = registry.create("model", name, channels=8, layers=1)
        torch.testing.assert_close(model(batch), batch.input_pos, atol=2e-3, rtol=0)
