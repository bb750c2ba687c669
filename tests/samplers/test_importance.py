import numpy as np
import pytest
import torch

from pyg_energyloss.samplers.far_batch import inclusion_probability_batch
from pyg_energyloss.samplers.importance import Importance, inclusion_probability


@pytest.mark.parametrize("expected", [0.5, 3.0, 20.0, 49.0])
@pytest.mark.parametrize("floor", [0.1, 1.0])
def test_probabilities_sum_to_what_is_wanted(expected, floor):
    score = np.random.default_rng(0).exponential(size=50) ** 3
    chance = inclusion_probability(score, expected, floor=floor)
    assert chance.sum() == pytest.approx(expected)
    assert (chance > 0).all()
    assert (chance <= 1).all()
    below = chance < 1
    share = (1 - floor) * score / score.sum() + floor / 50
    assert np.ptp(chance[below] / share[below]) < 1e-9


def test_nothing_and_everything():
    assert inclusion_probability(np.ones(4), 9.0, floor=0.1).tolist() == [1, 1, 1, 1]
    assert inclusion_probability(np.ones(4), -1.0, floor=0.1).tolist() == [0, 0, 0, 0]
    assert len(inclusion_probability(np.ones(0), 3.0, floor=0.1)) == 0


@pytest.mark.parametrize("score", [np.zeros(4), np.array([1.0, np.inf, 1, 1])])
def test_scores_that_vanish_or_explode_mean_even_draws(score):
    assert inclusion_probability(score, 2.0, floor=0.25).tolist() == [0.5] * 4


def test_a_batch_has_the_probabilities_of_its_structures():
    rng = np.random.default_rng(0)
    sizes, wanted = [30, 1, 80], [12.0, 0.3, 9.0]
    scores = [rng.exponential(size=n) ** 3 for n in sizes]
    found = inclusion_probability_batch(
        torch.from_numpy(np.concatenate(scores)),
        torch.ones(sum(sizes), dtype=torch.bool),
        torch.repeat_interleave(torch.tensor(sizes)),
        torch.tensor(wanted, dtype=torch.double),
        floor=0.25,
    )
    expected = [
        inclusion_probability(s, w, floor=0.25) for s, w in zip(scores, wanted, strict=True)
    ]
    assert np.allclose(found, np.concatenate(expected))


@pytest.mark.parametrize("name", ["constant", "exponential", "inverse", "inverse_square"])
def test_names_follow_the_stiffness_laws(name):
    from pyg_energyloss import registry

    distance = np.linspace(0.5, 5.0, 7)
    law = registry.create("stiffness", name, strength=1.0)
    score = Importance(name)
    assert np.allclose(score.numpy(distance), law(torch.from_numpy(distance)))
    assert np.allclose(score.torch(torch.from_numpy(distance)), score.numpy(distance))


def test_a_callable_works_in_both_faces():
    score = Importance(torch.exp)
    assert np.allclose(score.numpy(np.array([0.0, 1.0])), [1.0, np.e])


def test_bad_importance():
    with pytest.raises(ValueError, match="`importance` must be one of constant"):
        Importance("exponentail")
    with pytest.raises(TypeError, match="`importance` must be a name or a callable, got int"):
        Importance(3)
