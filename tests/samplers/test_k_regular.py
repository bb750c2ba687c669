import numpy as np
import pytest

from pyg_energyloss.samplers import KRegular, random_regular


@pytest.mark.parametrize(("size", "degree"), [(8, 6), (9, 6), (10, 3), (30, 6), (13, 12), (50, 24)])
def test_every_node_has_its_neighbours(size, degree):
    rng = np.random.default_rng(0)
    for _ in range(20):
        pairs = random_regular(size, degree, rng)
        assert (np.bincount(pairs.ravel(), minlength=size) == degree).all()
        assert (pairs[0] < pairs[1]).all()
        assert len(np.unique(pairs, axis=1).T) == pairs.shape[1]


@pytest.mark.parametrize(("size", "degree"), [(7, 3), (7, 5), (9, 5), (21, 7)])
def test_an_odd_number_of_ends_gives_one_node_one_more(size, degree):
    pairs = random_regular(size, degree, np.random.default_rng(0))
    found = np.sort(np.bincount(pairs.ravel(), minlength=size))
    assert found.tolist() == [degree] * (size - 1) + [degree + 1]


def test_all_pairs_are_equally_likely():
    rng = np.random.default_rng(0)
    count = np.zeros((9, 9))
    for _ in range(4000):
        np.add.at(count, tuple(random_regular(9, 4, rng)), 1)
    share = count[np.triu_indices(9, 1)] / 4000
    assert np.abs(share - 0.5).max() < 5 * (0.25 / 4000) ** 0.5


def test_weights_make_the_mean_complete():
    drawn = KRegular(k=6).sample(np.zeros((31, 3)), np.random.default_rng(0))
    assert drawn.weight.sum() == pytest.approx(31 * 30 / 2)
    assert drawn.weight[0] == pytest.approx(30 / 6)


def test_every_pair_can_be_drawn_by_default():
    # A pool of 100 left out 5 % of the pairs of 200 atoms for good.
    rng = np.random.default_rng(0)
    seen = np.zeros((200, 200), bool)
    sampler = KRegular()
    for _ in range(500):
        seen[tuple(sampler.sample(np.zeros((200, 3)), rng).pairs)] = True
    assert seen[np.triu_indices(200, 1)].all()


def test_a_pool_repeats_and_fresh_draws_do_not():
    rng = np.random.default_rng(0)
    pos = np.zeros((40, 3))
    pooled = {KRegular(pool=5, seed=1).sample(pos, rng).pairs.tobytes() for _ in range(60)}
    assert len(pooled) == 5
    fresh = {KRegular(pool=None).sample(pos, rng).pairs.tobytes() for _ in range(60)}
    assert len(fresh) == 60


def test_the_default_degree_is_twice_the_dimension():
    assert KRegular(dim=2).k == 4
    assert KRegular().k == 6


def test_small_structures_are_complete():
    for size in (0, 1, 2, 7):
        drawn = KRegular().sample(np.zeros((size, 3)), np.random.default_rng(0))
        assert drawn.pairs.shape[1] == size * (size - 1) // 2


def test_a_large_graph_is_drawn_in_one_go():
    pairs = random_regular(20_000, 6, np.random.default_rng(0))
    assert (np.bincount(pairs.ravel()) == 6).all()


def test_bad_options():
    with pytest.raises(ValueError, match="`k` must be at least 1"):
        KRegular(k=0)
    with pytest.raises(ValueError, match="`pool` must be at least 1"):
        KRegular(pool=0)
