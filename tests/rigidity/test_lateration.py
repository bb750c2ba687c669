import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pyg_energyloss import loops
from pyg_energyloss.rigidity import laterate, laterate_batch


def structures():
    rng = np.random.default_rng(0)
    shapes = [rng.normal(size=(n, d)) for n in (1, 2, 3, 4, 5, 9, 40, 120) for d in (1, 2, 3, 4)]
    planar = np.concatenate([rng.normal(size=(30, 2)), np.zeros((30, 1))], axis=1)
    linear = np.arange(12.0)[:, None] * np.array([[1.0, 2.0, -1.0]])
    lattice = np.stack(np.meshgrid(*[np.arange(4.0)] * 3), -1).reshape(-1, 3)
    doubled = np.repeat(rng.normal(size=(10, 3)), 2, axis=0)
    return [*shapes, planar, linear, lattice, doubled, np.zeros((6, 3)), np.empty((0, 3))]


def affine_rank(points):
    if len(points) == 0:
        return -1
    return np.linalg.matrix_rank(points - points[0], tol=1e-6) if len(points) > 1 else 0


@pytest.mark.parametrize("pos", structures(), ids=lambda p: "x".join(map(str, p.shape)))
def test_anchors_are_earlier_and_span_what_is_already_placed(pos):
    found = laterate(pos)
    assert sorted(found.order.tolist()) == list(range(len(pos)))
    anchors = {v: [] for v in range(len(pos))}
    place = np.argsort(found.order)
    for late, early in found.pairs.T:
        assert place[early] < place[late]
        anchors[late].append(early)
    for v in range(len(pos)):
        earlier = found.order[: place[v]]
        # The condition of the induction: aff(A) = aff(S).
        assert affine_rank(pos[anchors[v]]) == affine_rank(pos[earlier])
        assert len(anchors[v]) <= pos.shape[1] + 1


@pytest.mark.parametrize("pos", structures(), ids=lambda p: "x".join(map(str, p.shape)))
def test_numpy_and_compiled_loops_choose_the_same_edges(pos, monkeypatch):
    pytest.importorskip("numba")
    compiled = laterate(pos, near=4)
    monkeypatch.setattr(loops, "available", lambda: False)
    plain = laterate(pos, near=4)
    for ours, theirs in zip(compiled, plain, strict=True):
        assert np.array_equal(ours, theirs)


@settings(max_examples=25)
@given(st.integers(6, 60), st.integers(0, 10_000))
def test_moving_the_structure_does_not_change_the_edges(count, seed):
    rng = np.random.default_rng(seed)
    pos = rng.normal(size=(count, 3))
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    moved = pos @ turn + rng.normal(size=3)
    assert np.array_equal(laterate(pos).pairs, laterate(moved).pairs)


def test_nearest_neighbours_come_along():
    pos = np.random.default_rng(0).normal(size=(50, 3))
    found = laterate(pos, near=3)
    table = np.linalg.norm(pos[:, None] - pos, axis=2) + np.diag(np.full(50, np.inf))
    assert np.array_equal(found.near, np.argsort(table, axis=1)[found.order][:, :3])


def test_large_structures_go_through_the_tree_and_keep_the_condition():
    pos = np.random.default_rng(0).normal(size=(3000, 3))
    found = laterate(pos, near=4)
    place = np.argsort(found.order)
    assert (place[found.pairs[1]] < place[found.pairs[0]]).all()
    frames = pos[found.pairs[1, 6:].reshape(-1, 4)]
    arms = frames[:, 1:] - frames[:, :1]
    assert np.abs(np.linalg.det(arms)).min() > 1e-9


def test_coincident_points_in_a_large_structure():
    pos = np.repeat(np.random.default_rng(0).normal(size=(60, 3)), 20, axis=0)
    found = laterate(pos, near=4)
    assert (found.pairs[0] != found.pairs[1]).all()
    assert (found.near != found.order[:, None]).all()


def test_a_batch_gives_what_its_structures_give():
    rng = np.random.default_rng(0)
    shapes = [rng.normal(size=(n, 3)) for n in (1, 2, 3, 4, 5, 9, 40, 120, 6)]
    shapes.append(np.concatenate([rng.normal(size=(30, 2)), np.zeros((30, 1))], axis=1))
    shapes.append(rng.normal(size=(20, 1)) * np.array([[1.0, 2.0, -1.0]]))
    pos = torch.from_numpy(np.concatenate(shapes))
    counts = torch.tensor([len(p) for p in shapes])
    batch = torch.repeat_interleave(counts)
    found = laterate_batch(pos, batch, counts, near=4).sort(0).values.unique(dim=1)
    expected, start = [], 0
    for points in shapes:
        one = laterate(points, near=4)
        near = np.stack([np.repeat(one.order, one.near.shape[1]), one.near.ravel()])
        expected.append(np.sort(np.concatenate([one.pairs, near], axis=1), axis=0) + start)
        start += len(points)
    assert np.array_equal(found, np.unique(np.concatenate(expected, axis=1), axis=1))


def test_coincident_atoms_in_a_batch_are_joined_to_earlier_ones_only():
    pos = torch.zeros(7, 3)
    pairs = laterate_batch(pos, torch.zeros(7, dtype=torch.long), torch.tensor([7]))
    assert sorted(pairs.max(0).values.tolist()) == [1, 2, 3, 4, 5, 6]
