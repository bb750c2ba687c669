import json

import numpy as np
import pytest

from pyg_energyloss.rigidity import certify, prove, stiffness_spectrum
from pyg_energyloss.rigidity.matrix import rigidity_matrix
from pyg_energyloss.samplers import (
    Backbone,
    BondEdges,
    Complete,
    ErdosRenyi,
    KRegular,
    LaterationEdges,
    NearestNeighbours,
    random_regular,
)


def test_a_backbone_is_universally_rigid_and_says_so():
    rng = np.random.default_rng(0)
    pos = rng.normal(size=(40, 3)) * 3
    drawn = Backbone(complete_below=0).sample(pos, rng)
    report = certify(drawn.pairs, pos, edge_weight=drawn.weight)
    assert report.rigid
    assert report.globally_rigid
    assert report.universally_rigid
    assert report.rebuild_error < 1e-8
    assert "universally rigid" in str(report)
    assert json.dumps(report.as_dict())


def test_a_six_regular_graph_is_globally_rigid_but_soft():
    rng = np.random.default_rng(0)
    pos = rng.normal(size=(60, 3))
    report = certify(random_regular(60, 6, rng), pos)
    assert report.globally_rigid
    assert not report.universally_rigid  # no order of lateration: nothing proved for this placement
    assert report.relative_condition > 100
    assert "not decided" in str(report)


def test_benzene_has_modes_without_stiffness_even_with_all_pairs():
    angle = np.arange(6) * np.pi / 3
    ring = np.stack([np.cos(angle), np.sin(angle), np.zeros(6)], axis=1)
    pos = np.concatenate([1.39 * ring, 2.48 * ring])
    pairs = np.stack(np.triu_indices(12, 1))
    report = certify(pairs, pos)
    # Rank 21 of 30: out of the plane nothing resists to second order.
    assert report.affine_dim == 2
    assert report.complete.soft_modes == 9
    assert report.universally_rigid
    assert "planar" in str(report)


@pytest.mark.parametrize("size", [30, 140])
def test_spectrum_is_that_of_the_rigidity_matrix(size):
    rng = np.random.default_rng(size)
    pos = rng.normal(size=(size, 3))
    pairs = random_regular(size, 10, rng)
    stiffness = rng.uniform(0.5, 2.0, pairs.shape[1])
    length = np.linalg.norm(pos[pairs[0]] - pos[pairs[1]], axis=1)
    unit = rigidity_matrix(pairs, pos) / length[:, None]
    values = np.linalg.eigvalsh(unit.T @ (stiffness[:, None] * unit))
    found = stiffness_spectrum(pairs, pos, stiffness)
    assert found.smallest == pytest.approx(values[6], rel=1e-4)
    assert found.largest == pytest.approx(values[-1], rel=1e-4)
    assert found.soft_modes == 0


def test_a_floppy_large_structure_counts_its_floppy_modes():
    rng = np.random.default_rng(0)
    pos = rng.normal(size=(150, 3))
    pairs = random_regular(150, 5, rng)[:, :-2]
    found = stiffness_spectrum(pairs, pos, np.ones(pairs.shape[1]))
    assert found.soft_modes == 3 * 150 - 6 - pairs.shape[1]


def helix(count):
    turn = 1.745 * np.arange(count)
    return np.stack([2.3 * np.cos(turn), 2.3 * np.sin(turn), 1.5 * np.arange(count)], axis=1)


def glued(base, pairs, plate, atom):
    """A rigid structure, a plate fixed to it, and an atom that is joined to the plate alone."""
    pos = np.concatenate([base, plate])
    corners = np.arange(len(base), len(pos))
    held = [(c, a) for c in corners for a in np.argsort(((base - pos[c]) ** 2).sum(1))[:8]]
    loose = [(len(pos), c) for c in corners]
    return np.concatenate([pairs, np.array(held + loose).T], axis=1), np.vstack([pos, atom])


def test_an_atom_on_a_flat_plate_can_flip_and_is_not_certified():
    base = helix(200)
    pairs = LaterationEdges().sample(base, np.random.default_rng(0)).pairs
    plate = base[100] + np.array([[6.0, 0, 0], [8, 0, 0], [6, 2, 0], [8, 2.5, 0]])
    edges, pos = glued(base, pairs, plate, plate[0] + np.array([1.0, 1.0, 0.8]))
    report = certify(edges, pos)
    assert report.rigid  # generically; here the atom may stand on either side of the plate
    assert not report.universally_rigid
    assert "not decided" in str(report)
    assert certify(edges[:, :-4], pos[:-1]).universally_rigid


def test_no_atom_glued_to_a_plane_is_certified():
    for seed in range(50):
        rng = np.random.default_rng(seed)
        count, corners = int(rng.integers(5, 60)), int(rng.integers(3, 9))
        base = rng.random((count, 3)) * (10 * count) ** (1 / 3)
        pairs = Backbone(complete_below=int(rng.integers(0, 60))).sample(base, rng).pairs
        axes = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        plate = base[0] + 2.0 * rng.normal(size=(corners, 2)) @ axes[:2]
        atom = plate.mean(axis=0) + rng.uniform(0.05, 2.0) * axes[2]
        edges, pos = glued(base, pairs, plate, atom)
        assert not certify(edges, pos).universally_rigid
        if seed % 5 == 0:
            assert certify(edges[:, :-corners], pos[:-1]).universally_rigid


PROVEN = [LaterationEdges(), Backbone(complete_below=0), BondEdges(), Complete()]


def cloud(count):
    return np.random.default_rng(count).random((count, 3)) * (10 * count) ** (1 / 3)


@pytest.mark.parametrize("sampler", PROVEN, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("shape", [helix, cloud])
@pytest.mark.parametrize("count", [30, 100, 200, 400])
def test_the_samplers_that_promise_rigidity_are_certified(count, shape, sampler):
    pos, chain = shape(count), np.stack([np.arange(count - 1), np.arange(1, count)])
    report = certify(sampler.sample(pos, np.random.default_rng(0), bonds=chain).pairs, pos)
    assert report.rigid
    assert report.globally_rigid
    assert report.universally_rigid
    assert report.rebuild_error < 1e-8


@pytest.mark.parametrize(
    "sampler",
    [PROVEN[1], *(pytest.param(s, marks=pytest.mark.slow) for s in (PROVEN[0], PROVEN[2]))],
    ids=lambda s: type(s).__name__,
)
def test_a_thousand_atoms_are_certified(sampler):
    chain = np.stack([np.arange(999), np.arange(1, 1000)])
    pos = helix(1000)
    proof = prove(sampler.sample(pos, np.random.default_rng(0), bonds=chain).pairs, pos)
    assert proof.universally_rigid
    assert proof.rebuild_error < 1e-8
    pos = cloud(1000)
    pairs = sampler.sample(pos, np.random.default_rng(0), bonds=chain).pairs
    assert prove(pairs, pos).universally_rigid


@pytest.mark.parametrize("sampler", [KRegular(), ErdosRenyi(), NearestNeighbours()], ids=repr)
def test_edges_without_an_order_of_lateration_are_not_decided(sampler):
    pos = helix(100)
    report = certify(sampler.sample(pos, np.random.default_rng(0)).pairs, pos)
    assert not report.universally_rigid
    assert "not decided" in str(report)


def test_positions_that_are_not_numbers_are_refused():
    pos = np.zeros((4, 3))
    pos[2, 1] = np.nan
    with pytest.raises(ValueError, match="`pos` must be finite, got NaN or infinity for 1 of 4"):
        certify([[0], [1]], pos)


def test_small_and_empty():
    assert certify(np.empty((2, 0), int), np.zeros((1, 3))).universally_rigid
    report = certify(np.empty((2, 0), int), np.random.default_rng(0).normal(size=(5, 3)))
    assert not report.rigid
    assert report.spectrum.condition == np.inf


def test_bad_input():
    with pytest.raises(ValueError, match=r"`pos` must have shape \[num_nodes, dim\]"):
        certify([[0], [1]], np.zeros(3))
    with pytest.raises(ValueError, match=r"`edge_weight` must have shape \[num_edges\]"):
        certify([[0], [1]], np.zeros((2, 3)), edge_weight=np.ones(3))
