import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from pyg_energyloss.data import FlatLoader, druglike, qm9_small
from pyg_energyloss.metrics import GeometryEvaluator, RMSDEvaluator, best_rmsd

NO_GENERATORS = np.empty((0, 5), dtype=np.int64)


def test_rotation_reflection_and_shift_cost_nothing():
    rng = np.random.default_rng(0)
    true = rng.normal(size=(5, 3))
    moved = -true @ Rotation.random(random_state=1).as_matrix().T + 7
    assert best_rmsd(moved, true, NO_GENERATORS) < 1e-10


def test_a_known_deviation():
    """One atom of two moved by 1 along the axis: each end is 0.5 off after centring ... / sqrt."""
    true = np.array([[0.0, 0, 0], [2.0, 0, 0]])
    longer = np.array([[0.0, 0, 0], [3.0, 0, 0]])
    assert best_rmsd(longer, true, np.empty((0, 2), dtype=np.int64)) == pytest.approx(0.5)


def test_equals_brute_force_over_all_relabellings():
    from itertools import permutations

    rng = np.random.default_rng(3)
    true, predicted = rng.normal(size=(2, 5, 3))
    swaps = np.array([[1, 0, 2, 3, 4], [1, 2, 3, 4, 0]])  # generate all of S5
    brute = min(best_rmsd(predicted, true[list(p)], NO_GENERATORS) for p in permutations(range(5)))
    assert best_rmsd(predicted, true, swaps) == pytest.approx(brute, abs=1e-12)


def test_a_prediction_that_is_not_finite_is_infinitely_far():
    true = np.zeros((5, 3))
    assert best_rmsd(np.full((5, 3), np.nan), true, NO_GENERATORS) == np.inf


@pytest.mark.parametrize("load", [qm9_small, druglike])
def test_the_true_structure_in_disguise_is_found(load):
    """Turned, mirrored, and with equivalent atoms exchanged, it is still the same molecule."""
    batch = next(iter(FlatLoader(load()["test"], batch_size=12)))
    from pyg_energyloss.metrics.rmsd import generators

    disguised = batch.pos.clone()
    for start, stop in zip(batch.ptr[:-1].tolist(), batch.ptr[1:].tolist(), strict=True):
        inside = (batch.edge_index[0] >= start) & (batch.edge_index[0] < stop)
        found = generators(batch.z[start:stop].numpy(), batch.edge_index[:, inside].numpy() - start)
        part = batch.pos[start:stop]
        for generator in found:
            part = part[torch.from_numpy(generator)]
        disguised[start:stop] = -part
    result = RMSDEvaluator()(disguised, batch)
    exact = result["rmsd"] < 1e-3
    # Beyond 512 automorphisms the search is a descent, which may miss; never below zero of course.
    assert exact.double().mean() >= (1.0 if load is qm9_small else 0.5)
    assert (result["success"][exact] == 1).all()


def test_threshold_must_be_positive():
    with pytest.raises(ValueError, match="`threshold` must be positive"):
        RMSDEvaluator(threshold=0.0)


def test_distances_are_blind_to_motion_and_see_a_stretch():
    batch = next(iter(FlatLoader(qm9_small()["test"], batch_size=8)))
    turn = torch.tensor(Rotation.random(random_state=2).as_matrix(), dtype=torch.float32)
    still = GeometryEvaluator()(batch.pos @ turn.T + 3, batch)
    assert all((v.nan_to_num() < 1e-5).all() for v in still.values())
    stretched = GeometryEvaluator()(1.1 * batch.pos, batch)
    source, target = batch.edge_index
    length = (batch.pos[source] - batch.pos[target]).norm(dim=-1)
    mean = torch.stack([length[batch.batch[source] == g].mean() for g in range(8)])
    torch.testing.assert_close(stretched["bond_mae"], 0.1 * mean, rtol=1e-4, atol=1e-5)
