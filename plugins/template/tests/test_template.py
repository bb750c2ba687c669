"""What a third party tests of its plugin: it is found, and each part keeps its contract."""

import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss, registry, testing
from pyg_energyloss.transforms import RigidEdgeTransform


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    sizes = (4, 1, 6)
    graphs = [
        Data(z=torch.ones(n).long(), pos=3 * torch.randn(n, 3, generator=generator)) for n in sizes
    ]
    return Batch.from_data_list(graphs)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("loss", "neighbour_energy"),
        ("stiffness", "gaussian"),
        ("sampler", "within_cutoff"),
        ("evaluator", "gyration"),
    ],
)
def test_each_part_is_found_by_name(kind, name):
    assert registry.create(kind, name) is not None
    entry = next(e for e in registry.describe(kind) if e.name == name)
    assert entry.distribution == "pyg-energyloss-template"
    assert entry.summary


def test_the_loss_keeps_the_contract():
    testing.assert_loss_contract(registry.create("loss", "neighbour_energy"))


def test_the_loss_by_hand():
    loss = registry.create("loss", "neighbour_energy")
    data = Data(pos=torch.tensor([[0.0, 0, 0], [1.0, 0, 0], [1.0, 2.0, 0]]))
    pred = torch.tensor([[0.0, 0, 0], [1.5, 0, 0], [1.5, 1.0, 0]])
    assert loss(pred, data).item() == pytest.approx(0.5**2 + 1.0**2)


def test_the_stiffness_is_k0_at_zero_and_falls():
    law = registry.create("stiffness", "gaussian", strength=3.0, length=1.5)
    k = law(torch.tensor([0.0, 1.0, 2.0]))
    assert k[0] == 3.0
    assert (k.diff() < 0).all()


def test_the_stiffness_and_the_sampler_work_in_the_pair_energy(batch):
    sampler = registry.create("sampler", "within_cutoff", cutoff=4.0)
    loss = PairEnergyLoss("gaussian", edges=sampler)
    pred = batch.pos + 0.1
    assert loss(pred, batch) < 1e-10
    assert loss(1.1 * batch.pos, batch) > 0
    everything = PairEnergyLoss(
        "gaussian", edges=registry.create("sampler", "within_cutoff", cutoff=1e3)
    )
    expected = PairEnergyLoss("gaussian", edges="complete")(1.1 * batch.pos, batch)
    assert torch.allclose(everything(1.1 * batch.pos, batch), expected)


def test_the_sampler_works_in_the_transform(batch):
    graph = RigidEdgeTransform(registry.create("sampler", "within_cutoff"))(batch.to_data_list()[2])
    distance = (graph.pos[graph.energy_edge_index[0]] - graph.pos[graph.energy_edge_index[1]]).norm(
        dim=1
    )
    assert distance.max() < 5.0


def test_the_sampler_refuses_what_it_does_not_know():
    import numpy as np

    from pyg_energyloss.samplers import Lattice

    lattice = Lattice(np.eye(3), (True, True, True))
    with pytest.raises(ValueError, match="WithinCutoff knows no periodic images"):
        registry.create("sampler", "within_cutoff").sample(np.zeros((2, 3)), None, lattice=lattice)


def test_the_evaluator_gives_one_value_per_graph(batch):
    evaluate = registry.create("evaluator", "gyration")
    assert evaluate(batch.pos, batch)["gyration_error"].abs().max() < 1e-6
    assert evaluate(2 * batch.pos, batch)["gyration_error"].tolist()[1] == pytest.approx(
        0, abs=1e-6
    )
    assert evaluate(2 * batch.pos, batch)["gyration_error"][0] > 0.1
    one = batch.to_data_list()[0]
    assert evaluate(one.pos, one)["gyration_error"].shape == (1,)


def test_the_experiment_runs_on_the_engine(runs_here, tmp_path):
    pytest.importorskip("lightning", reason="training needs Lightning")
    from pyg_energyloss.experiments.spec import TrainingSpec
    from pyg_energyloss.experiments.study import run_study

    specs = [
        TrainingSpec(model="mlp", loss=loss, steps=60, batch_size=16, learning_rate=1e-2)
        for loss in ("mse", "neighbour_energy")
    ]
    study = run_study("chains", specs, tmp_path, workers=1)
    assert not study["failed"]
    for run in study["runs"]:
        assert run["measurements"][0]["values"]["length_error"] < 0.5
        assert run["history"][-1]["length_error"] < run["history"][0]["length_error"]
    assert [row["labels"]["loss"] for row in study["rows"]] == ["mse", "neighbour_energy"]
