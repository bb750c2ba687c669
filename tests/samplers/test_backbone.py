"""What the default promises, on real molecules, with the complete-graph shortcut switched off."""

import numpy as np
import pytest
import torch

from pyg_energyloss import data, loops, stiffness
from pyg_energyloss.functional import complete_pair_energy, pair_energy
from pyg_energyloss.rigidity import certify, rebuild
from pyg_energyloss.rigidity.proof import aligned_error
from pyg_energyloss.samplers import Backbone

LAWS = {
    "constant": stiffness.Constant(1.0),
    "exponential": stiffness.Exponential(1.0),
    "inverse": stiffness.Inverse(1.0),
}


def structures(name, step):
    every = [
        item.pos.double().numpy() for split in getattr(data, name)().values() for item in split
    ]
    return every[::step]


def rebuild_errors(molecules):
    sampler, rng = Backbone(complete_below=0), np.random.default_rng(0)
    errors = []
    for pos in molecules:
        pairs = sampler.sample(pos, rng).pairs
        length = np.linalg.norm(pos[pairs[0]] - pos[pairs[1]], axis=1)
        built = rebuild(pairs, length, len(pos))
        errors.append(aligned_error(built.pos, pos) if built.is_whole else np.inf)
    return np.array(errors)


@pytest.mark.parametrize("name", ["qm9_small", "qm7", "druglike"])
def test_every_draw_rebuilds_a_molecule_from_its_lengths(name):
    errors = rebuild_errors(structures(name, 60))
    assert len(errors) > 50
    assert errors.max() < 1e-3  # Å


@pytest.mark.slow
@pytest.mark.parametrize("name", ["qm9_small", "qm7", "druglike"])
def test_every_draw_rebuilds_every_molecule_from_its_lengths(name):
    errors = rebuild_errors(structures(name, 1))
    assert len(errors) > 3000
    assert errors.max() < 1e-3  # Å


@pytest.mark.parametrize("law", LAWS)
def test_the_mean_of_many_draws_is_the_complete_energy_and_gradient(law):
    pos = torch.from_numpy(next(p for p in structures("druglike", 7) if len(p) > 45))
    noise = torch.randn(pos.shape, generator=torch.Generator().manual_seed(0), dtype=pos.dtype)
    pred = (pos + 0.5 * noise).requires_grad_()
    exact = complete_pair_energy(pred, pos, stiffness=LAWS[law])
    (slope,) = torch.autograd.grad(exact.sum(), pred)
    sampler = Backbone(complete_below=0, seed=0)
    energies, slopes = [], []
    for _ in range(150):
        edges, weight = sampler.sample_batch(pos)
        energy = pair_energy(pred, pos, edges, stiffness=LAWS[law], edge_weight=weight)
        energies.append(energy.detach())
        slopes.append(torch.autograd.grad(energy.sum(), pred)[0])
    energies, slopes = torch.stack(energies), torch.stack(slopes)
    error = energies.std(0) / 150**0.5
    assert (energies.mean(0) - exact).abs() < 4 * error
    # Squared deviations in units of the statistical error average to one.
    error = slopes.std(0) / 150**0.5
    deviation = ((slopes.mean(0) - slope) / error).pow(2).mean()
    assert 0.6 < deviation < 1.5
    # And the error is small enough to tell: a few per cent of the gradient.
    assert error.norm() < 0.16 * slope.norm()


def test_one_draw_points_where_the_complete_gradient_points():
    law = LAWS["exponential"]
    rng = torch.Generator().manual_seed(0)
    sampler = Backbone(complete_below=0, edges_per_atom=7, seed=0)
    cosines, counts = [], []
    for points in structures("druglike", 40):
        if len(points) <= 30:
            continue
        pos = torch.from_numpy(points)
        pred = pos + 0.5 * torch.randn(pos.shape, generator=rng, dtype=pos.dtype)
        pred.requires_grad_()
        exact = complete_pair_energy(pred, pos, stiffness=law).sum()
        (whole,) = torch.autograd.grad(exact, pred)
        edges, weight = sampler.sample_batch(pos)
        drawn = pair_energy(pred, pos, edges, stiffness=law, edge_weight=weight).sum()
        (one,) = torch.autograd.grad(drawn, pred)
        cosines.append(float((one * whole).sum() / (one.norm() * whole.norm())))
        counts.append(edges.shape[1] / 2 / len(pos))
    assert len(cosines) > 60
    assert np.mean(counts) < 7.1
    assert np.mean(cosines) > 0.97


@pytest.mark.parametrize("size", [40, 700])
def test_weights_are_one_over_the_probability(size):
    # 700 atoms take the path for large structures.
    rng = np.random.default_rng(0)
    pos = rng.random((size, 3)) * (10 * size) ** (1 / 3)
    sampler = Backbone(complete_below=0)
    total = np.zeros((size, size))
    draws = 400 if size < 100 else 60
    for _ in range(draws):
        drawn = sampler.sample(pos, rng)
        np.add.at(total, tuple(drawn.pairs), drawn.weight)
    mean = total[np.triu_indices(size, 1)] / draws
    # Each pair has mean weight 1; over all pairs the error is that of the mean.
    assert abs(mean.mean() - 1.0) < 5 * mean.std() / len(mean) ** 0.5 + 0.01
    near = np.linalg.norm(pos[:, None] - pos, axis=2)[np.triu_indices(size, 1)]
    for low, high in [(0.0, 0.3), (0.3, 0.7), (0.7, 1.0)]:
        part = (near >= np.quantile(near, low)) & (near <= np.quantile(near, high))
        assert mean[part].mean() == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("importance", ["constant", "inverse", "inverse_square", torch.exp])
def test_any_importance_is_unbiased_and_keeps_the_backbone(importance):
    rng = np.random.default_rng(0)
    pos = rng.normal(size=(50, 3)) * 2
    sampler = Backbone(complete_below=0, importance=importance)
    weights = [sampler.sample(pos, rng).weight.sum() for _ in range(200)]
    error = np.std(weights) / 200**0.5
    assert abs(np.mean(weights) - 50 * 49 / 2) < 5 * error
    assert certify(sampler.sample(pos, rng).pairs, pos).universally_rigid


@pytest.mark.parametrize("dim", [1, 2, 4])
def test_other_dimensions(dim):
    rng = np.random.default_rng(dim)
    pos = rng.normal(size=(90, dim)) * 4
    drawn = Backbone(dim=dim).sample(pos, rng)
    assert drawn.pairs.shape[1] < 10 * 90
    assert certify(drawn.pairs, pos).universally_rigid


@pytest.mark.parametrize(
    "pos",
    [
        np.zeros((80, 3)),
        np.arange(80.0)[:, None] * np.array([[1.0, 0.0, 0.0]]),
        np.pad(np.random.default_rng(0).normal(size=(80, 2)), ((0, 0), (0, 1))),
        np.repeat(np.random.default_rng(0).normal(size=(40, 3)), 2, axis=0),
    ],
    ids=["coincident", "linear", "planar", "pairwise coincident"],
)
def test_degenerate_structures_are_fixed_too(pos):
    drawn = Backbone().sample(pos, np.random.default_rng(0))
    assert np.isfinite(drawn.weight).all()
    assert drawn.pairs.shape[1] < 80 * 79 / 2
    assert certify(drawn.pairs, pos).rebuild_error < 1e-3


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 64])
def test_small_structures_get_all_pairs(size):
    drawn = Backbone().sample(np.zeros((size, 3)), np.random.default_rng(0))
    assert drawn.pairs.shape == (2, size * (size - 1) // 2)
    assert (drawn.weight == 1).all()


def test_numpy_and_compiled_draws_agree(monkeypatch):
    pytest.importorskip("numba")
    pos = np.random.default_rng(0).normal(size=(80, 3)) * 3
    compiled = Backbone().sample(pos, np.random.default_rng(1))
    monkeypatch.setattr(loops, "available", lambda: False)
    plain = Backbone().sample(pos, np.random.default_rng(1))
    assert np.array_equal(compiled.pairs, plain.pairs)
    assert compiled.weight == pytest.approx(plain.weight, rel=1e-12)


def test_a_batch_mixes_small_and_large_structures():
    rng = torch.Generator().manual_seed(0)
    sizes = [5, 80, 1, 2, 100, 64]
    pos = torch.randn(sum(sizes), 3, generator=rng) * 4
    batch = torch.repeat_interleave(torch.tensor(sizes))
    sampler = Backbone(seed=0)
    weights = torch.stack([weight_per_graph(sampler, pos, batch, 7) for _ in range(100)])
    expected = torch.tensor([n * (n - 1.0) for n in [*sizes, 0]])
    error = weights.std(0) / 200**0.5
    assert ((weights.mean(0) - expected).abs() <= 5 * error + 1e-3).all()
    edges, _ = sampler.sample_batch(pos, batch)
    assert (batch[edges[0]] == batch[edges[1]]).all()
    assert len(torch.unique(edges, dim=1)[0]) == edges.shape[1]


def weight_per_graph(sampler, pos, batch, num_graphs):
    edges, weight = sampler.sample_batch(pos, batch, num_graphs=num_graphs)
    return torch.zeros(num_graphs).index_add(0, batch[edges[0]], weight)


def test_a_batch_of_large_structures_falls_back():
    pos = torch.rand(2100, 3, generator=torch.Generator().manual_seed(0)) * 30
    edges, weight = Backbone(seed=0).sample_batch(pos)
    assert 12 < edges.shape[1] / 2100 < 15
    assert weight.dtype == pos.dtype


def test_same_seed_same_draws():
    pos = torch.randn(90, 3, generator=torch.Generator().manual_seed(0))
    first, second, other = (Backbone(seed=s).sample_batch(pos)[0] for s in (3, 3, 4))
    assert torch.equal(first, second)
    assert not (first.shape == other.shape and torch.equal(first, other))
    sampler = Backbone()
    given = [sampler.sample_batch(pos, generator=torch.Generator().manual_seed(5)) for _ in "ab"]
    assert torch.equal(given[0][0], given[1][0])


def test_the_global_generator_is_left_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    Backbone().sample_batch(torch.zeros(90, 3))
    assert torch.equal(torch.get_rng_state(), before)


def test_bad_options():
    with pytest.raises(ValueError, match="`floor` must lie in"):
        Backbone(floor=0.0)
    with pytest.raises(ValueError, match="`edges_per_atom` must be positive"):
        Backbone(edges_per_atom=0)
    with pytest.raises(ValueError, match="`near` must be at least 0"):
        Backbone(near=-1)
    with pytest.raises(ValueError, match="`dim` must be at least 1"):
        Backbone(dim=0)


def test_a_large_draw_plants_one_tree_of_all_its_points(monkeypatch):
    pytest.importorskip("numba")
    from pyg_energyloss.rigidity import tree

    sizes, plant = [], tree.plant

    def counting(points):
        sizes.append(len(points))
        return plant(points)

    monkeypatch.setattr(tree, "plant", counting)
    Backbone(seed=0).sample(np.random.default_rng(0).random((600, 3)), np.random.default_rng(1))
    assert sizes == [600]
