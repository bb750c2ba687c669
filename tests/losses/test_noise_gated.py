import pytest
import torch
from torch_geometric.data import Batch, Data

import pyg_energyloss as pel
from pyg_energyloss.degree import degree_of
from pyg_energyloss.losses import NoiseGatedLoss, SymmetricLoss, per_graph
from pyg_energyloss.testing import assert_loss_contract


def batch():
    generator = torch.Generator().manual_seed(0)
    graphs = [Data(pos=torch.randn(n, 3, generator=generator)) for n in (4, 6, 5)]
    made = Batch.from_data_list(graphs)
    return made, made.pos + 0.3 * torch.randn(made.pos.shape, generator=generator)


def gated(**options):
    low, high = pel.PairEnergyLoss("exponential"), pel.CoordinateMSELoss()
    return NoiseGatedLoss(low, high, **options)


def test_each_loss_counts_where_it_should():
    data, pred = batch()
    data.noise_ratio = torch.tensor([1e-3, 0.5, 1e3])
    low = per_graph(pel.PairEnergyLoss("exponential"))(pred, data)
    high = per_graph(pel.CoordinateMSELoss())(pred, data)
    mixed = gated(reduction="none")(pred, data)
    expected = torch.stack([low[0], 0.5 * (low[1] + high[1]), high[2]])
    torch.testing.assert_close(mixed, expected)
    torch.testing.assert_close(gated()(pred, data), expected.mean())


def test_without_noise_it_is_the_first_loss():
    data, pred = batch()
    torch.testing.assert_close(gated()(pred, data), pel.PairEnergyLoss("exponential")(pred, data))


def test_a_loss_of_smaller_degree_counts_with_the_noise():
    data, pred = batch()
    data.noise_ratio = torch.tensor([0.01, 0.5, 0.5])
    low, high = pel.CoordinateMAELoss(), pel.CoordinateMSELoss()
    mixed = NoiseGatedLoss(low, high, reduction="none")
    first, second = per_graph(low)(pred, data), per_graph(high)(pred, data)
    expected = torch.stack([0.01 * first[0], *(0.5 * (0.5 * first[i] + second[i]) for i in (1, 2))])
    torch.testing.assert_close(mixed(pred, data), expected, rtol=1e-4, atol=0)
    assert degree_of(mixed) == degree_of(high) == 2


def test_the_degree_of_a_loss_is_that_of_what_it_is_made_of():
    absolute = pel.registry.create("loss", "multiscale")
    assert degree_of(absolute) == degree_of(SymmetricLoss(pel.RMSDLoss())) == 1
    assert degree_of(absolute + pel.CoordinateMSELoss()) == 2
    assert degree_of(pel.PairEnergyLoss(potential="huber")) == 2
    assert degree_of(torch.nn.Identity()) == 2


def test_keeps_the_contract():
    assert_loss_contract(gated())


def test_the_registered_loss_may_have_sparse_edges():
    data, pred = batch()
    for options in ({}, {"stiffness": "inverse"}, {"edges_per_atom": 4.0}):
        loss = pel.registry.create("loss", "energy_gated", **options)
        assert torch.isfinite(loss(pred, data))


def test_the_registered_multiscale_is_gated_too():
    data, pred = batch()
    data.noise_ratio = torch.tensor([1e-3, 0.5, 1e3])
    values = per_graph(pel.registry.create("loss", "multiscale_gated"))(pred, data)
    low = per_graph(pel.registry.create("loss", "multiscale"))(pred, data)
    high = per_graph(pel.CoordinateMSELoss())(pred, data)
    expected = torch.stack([1e-3 * low[0], 0.5 * (0.5 * low[1] + high[1]), high[2]])
    torch.testing.assert_close(values, expected)


@pytest.mark.parametrize("crossover", [0.0, -1.0, float("nan")])
def test_crossover_is_checked(crossover):
    with pytest.raises(ValueError, match="`crossover` must be positive"):
        gated(crossover=crossover)


def test_per_graph_leaves_the_loss_as_it_was():
    data, pred = batch()
    loss = pel.CoordinateMSELoss() + 2 * pel.KabschMSELoss()
    values = per_graph(loss)(pred, data)
    assert values.shape == (3,)
    torch.testing.assert_close(values.mean(), loss(pred, data))
    with pytest.raises(TypeError, match="an attribute `reduction`"):
        per_graph(torch.nn.Linear(1, 1))
