import pytest
import torch

from pyg_energyloss.data import FlatLoader, qm9_small
from pyg_energyloss.experiments.structures.tasks import Denoise, Geometry
from pyg_energyloss.generative.rotations import random_rotations


def fresh(size=200):
    return next(iter(FlatLoader(qm9_small()["test"], batch_size=size)))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_rotations_are_proper_and_uniform():
    turns = random_rotations(20_000, generator=generator(), dtype=torch.float64)
    eye = torch.eye(3, dtype=torch.float64)
    assert (turns @ turns.mT - eye).abs().max() < 1e-12
    torch.testing.assert_close(torch.linalg.det(turns), torch.ones(20_000, dtype=torch.float64))
    assert turns.mean(0).abs().max() < 0.02
    # Haar measure: the trace, 1 + 2 cos(angle), has mean 0 and mean square 1.
    trace = turns.diagonal(dim1=1, dim2=2).sum(-1)
    assert abs(trace.mean()) < 0.03
    assert abs(trace.square().mean() - 1) < 0.03


def test_geometry_keeps_distances_and_hides_orientation():
    plain, prepared = fresh(), Geometry().prepare(fresh(), generator())
    source, target = plain.edge_index
    before = (plain.pos[source] - plain.pos[target]).norm(dim=-1)
    after = (prepared.pos[source] - prepared.pos[target]).norm(dim=-1)
    torch.testing.assert_close(before, after, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(plain.pos, prepared.pos, atol=0.1)
    # The input knows nothing of the target.
    correlation = (prepared.input_pos * prepared.pos).mean()
    assert abs(correlation) < 0.1


def test_denoise_adds_noise_of_the_level_and_no_shift():
    batch = Denoise(levels=(0.2, 0.5)).prepare(fresh(), generator(), level=0.5)
    noise = batch.input_pos - batch.pos
    n = (batch.ptr[1:] - batch.ptr[:-1]).double()
    expected = 0.5 * (1 - 1 / n.mean()).sqrt()
    assert abs(noise.std() - expected) < 0.02
    centre = torch.zeros(batch.num_graphs, 3).index_add(0, batch.batch, noise)
    assert centre.abs().max() < 1e-4


def test_denoise_draws_levels_between_the_ends():
    sigma = Denoise(levels=(1.0, 0.1)).prepare(fresh(), generator()).noise_level
    assert 0.1 <= sigma.min() < 0.15
    assert 0.8 < sigma.max() <= 1.0


def test_the_same_seed_gives_the_same_batch():
    a, b = (Geometry().prepare(fresh(20), generator(3)) for _ in range(2))
    assert torch.equal(a.pos, b.pos)
    assert torch.equal(a.input_pos, b.input_pos)


def test_levels_are_checked():
    with pytest.raises(ValueError, match="`levels` must be positive"):
        Denoise(levels=(0.0, 1.0))
    with pytest.raises(ValueError, match="has no noise level"):
        Geometry().prepare(fresh(2), generator(), level=0.1)
