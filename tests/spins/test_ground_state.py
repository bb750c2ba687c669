import itertools
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay
from torch_geometric.utils import grid, to_undirected

import pyg_energyloss as pel
from pyg_energyloss.spins import SearchLimitError, exact_weights, ground_state, square_lattice

pytest.importorskip("pymatching", reason="exact ground states need PyMatching")


@pytest.mark.parametrize("size", [10, 20])
def test_known_open_instances(known, size):
    edges = torch.from_numpy(known[f"edges_{size}"].astype(np.int64)).T
    for coupling, energy in zip(known[f"coupling_{size}"], known[f"energy_{size}"], strict=True):
        spins, found = ground_state(edges, torch.from_numpy(coupling), size * size)
        assert found == pytest.approx(energy, abs=1e-9)
        assert set(spins.tolist()) <= {-1.0, 1.0}
        evaluated = pel.functional.ising_energy(edges, torch.from_numpy(coupling), spins)
        assert evaluated.item() == pytest.approx(found, abs=1e-9)


@pytest.mark.parametrize("name", [5555, 6666, 7777])
def test_known_tori(known, name):
    rows = torch.from_numpy(known[f"torus_{name}"].astype(np.int64))
    weight = rows[:, 2]
    spins, energy = ground_state(rows[:, :2].T - 1, -weight, 100)
    assert (int(weight.sum()) - energy) / 2 == known[f"max_cut_{name}"]
    assert spins.dtype == torch.int64


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("seed", range(6))
def test_brute_force_on_4x4(reference, periodic, dtype, seed):
    edges = square_lattice(4, periodic=periodic)
    coupling = reference.random_coupling(edges, seed, dtype)
    _, energy = ground_state(edges, coupling, 16)
    assert energy == pytest.approx(reference.brute_force_float(edges, coupling, 16), abs=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_torus_agrees_with_the_transfer_matrix(reference, seed):
    edges = square_lattice((7, 6), periodic=True)
    coupling = reference.random_coupling(edges, seed, torch.float64)
    _, energy = ground_state(edges, coupling, 42)
    right, down = coupling.view(2, 7, 6).numpy()
    assert energy == pytest.approx(reference.transfer_matrix_energy(right, down), abs=1e-12)


@pytest.mark.parametrize("shape", [(1, 5), (2, 2), (3, 7), (3, 5)])
@pytest.mark.parametrize("sign", [1, -1, 0])
def test_rectangles_and_bimodal_couplings(reference, shape, sign):
    edges = square_lattice(shape)
    coupling = (
        reference.random_coupling(edges, 1).sign()
        if sign == 0
        else torch.full((edges.size(1),), 0.1)
    )
    coupling = coupling * (sign or 0.1)
    _, energy = ground_state(edges, coupling, shape[0] * shape[1])
    expected = reference.brute_force_float(edges, coupling, shape[0] * shape[1])
    assert energy == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_differences_far_below_the_resolution_of_the_matching_are_resolved(reference, seed):
    # Couplings +-1 are hugely degenerate; the ties are broken at 1e-12, twelve digits below.
    edges = square_lattice((3, 4), periodic=seed % 2 == 1)
    base = reference.random_coupling(edges, seed, torch.float64)
    fine = reference.random_coupling(edges, seed + 100, torch.float64)
    coupling = base + 1e-12 * fine
    coupling[:4] = torch.tensor([1.0, -1.0, 1.0, 1.0], dtype=torch.float64)
    spins, _ = ground_state(edges, coupling, 12)
    weights = [Fraction(c) for c in coupling.tolist()]
    energy = -sum(
        w * int(spins[i]) * int(spins[j])
        for w, (i, j) in zip(weights, edges.T.tolist(), strict=True)
    )
    assert energy == reference.brute_force_energy(edges, coupling, 12)


def test_a_tie_broken_at_one_part_in_1e14():
    # A frustrated square: the weakest of four nearly equal bonds stays unsatisfied.
    edges = square_lattice(2)
    for weakest in range(4):
        coupling = torch.full((4,), 1.0, dtype=torch.float64)
        coupling[weakest] -= 1e-14
        coupling[0] *= -1
        spins, _ = ground_state(edges, coupling, 4)
        broken = coupling * spins[edges[0]] * spins[edges[1]] < 0
        assert broken.nonzero().flatten().tolist() == [weakest]


@pytest.mark.parametrize("tenths", [(-3, 1, 3, 2, 3), (-3, 1, 5, 2, 5), (-3, 2, 3, 1, 3)])
def test_not_even_the_last_bit_of_single_precision_is_given_away(tenths):
    # Two frustrated triangles: breaking 0.1 and 0.2 is cheaper than 0.3 by 7.5e-9 in float32.
    edges = torch.tensor([[0, 0, 1, 0, 1], [1, 2, 2, 3, 3]])
    coupling = (torch.tensor(tenths) / 10).float()

    def energy(spins):
        pairs = zip(edges.T.tolist(), coupling.tolist(), strict=True)
        return sum(-Fraction(j) * int(spins[a]) * int(spins[b]) for (a, b), j in pairs)

    lowest = min(energy(spins) for spins in itertools.product((1, -1), repeat=4))
    assert energy(ground_state(edges, coupling, 4)[0]) == lowest


def test_a_torus_with_a_coupling_of_zero_is_still_a_torus(reference):
    edges = square_lattice((5, 6), periodic=True)
    coupling = reference.random_coupling(edges, 0, torch.float64)
    coupling[[3, 40]] = 0.0
    _, energy = ground_state(edges, coupling, 30)
    right, down = coupling.view(2, 5, 6).numpy()
    assert energy == pytest.approx(reference.transfer_matrix_energy(right, down), abs=1e-12)


def test_decimals_with_many_ties_are_read_as_decimals():
    # 0.1, 0.2 and 0.3 make many ties, which binary rounding would break at 1e-17.
    edges = square_lattice(8)
    tenths = torch.randint(-3, 4, (edges.size(1),), generator=torch.Generator().manual_seed(0))
    _, whole = ground_state(edges, tenths, 64)
    for dtype in (torch.float32, torch.float64):
        _, energy = ground_state(edges, (tenths.double() / 10).to(dtype), 64)
        assert energy == pytest.approx(whole / 10, abs=1e-5)


def test_too_many_ties_without_a_common_unit_are_an_error(monkeypatch):
    monkeypatch.setattr(exact_weights, "MAX_SPLITS", 0)
    edges = square_lattice(12)
    pick = torch.randint(0, 4, (edges.size(1),), generator=torch.Generator().manual_seed(0))
    values = torch.tensor([1 / 3, -1 / 3, 2**0.5 / 7, -(2**0.5) / 7], dtype=torch.float64)
    coupling = values[pick]
    with pytest.raises(SearchLimitError, match="common unit"):
        ground_state(edges, coupling, 144)


def test_both_directions_count_once(reference):
    edges = square_lattice(4)
    coupling = reference.random_coupling(edges, 3)
    both, twice = to_undirected(edges, coupling)
    assert ground_state(both, twice, 16)[1] == ground_state(edges, coupling, 16)[1]
    assert ground_state(edges.flip(0), coupling, 16)[1] == ground_state(edges, coupling, 16)[1]


def test_any_planar_graph_with_bridges_parts_and_lonely_nodes():
    triangle_tail = torch.tensor([[0, 1, 2, 2, 4, 5, 6], [1, 2, 0, 3, 5, 6, 4]])
    coupling = torch.tensor([-1.0, -2.0, -3.0, 0.5, 1.0, 1.0, -0.25])
    spins, energy = ground_state(triangle_tail, coupling, 9)
    # Each odd triangle leaves its weakest bond unsatisfied; the bridge is always satisfied.
    assert energy == -(3 + 2 - 1) - 0.5 - (1 + 1 - 0.25)
    assert spins[[0, 4, 7, 8]].tolist() == [1, 1, 1, 1]


def test_lattice_numbered_at_random_is_still_planar(reference):
    edges, _ = grid(4, 4)
    keep = (
        (edges[0] - edges[1]).abs().ne(3)
        & (edges[0] - edges[1]).abs().ne(5)
        & (edges[0] < edges[1])
    )
    edges = edges[:, keep]
    coupling = reference.random_coupling(edges, 5)
    permutation = torch.randperm(16, generator=torch.Generator().manual_seed(1))
    _, energy = ground_state(permutation[edges], coupling, 16)
    assert energy == ground_state(edges, coupling, 16)[1]


def test_small_graphs_that_are_not_planar_are_enumerated(reference):
    edges = torch.combinations(torch.arange(7)).T
    coupling = reference.random_coupling(edges, 2)
    _, energy = ground_state(edges, coupling, 7)
    assert energy == pytest.approx(reference.brute_force_float(edges, coupling, 7), abs=1e-6)


def test_no_bonds():
    spins, energy = ground_state(torch.empty(2, 0, dtype=torch.long), torch.empty(0), 3)
    assert spins.tolist() == [1, 1, 1]
    assert energy == 0
    assert ground_state(torch.tensor([[0], [1]]), torch.zeros(1), 2)[1] == 0


def test_beyond_reach_is_a_clear_error():
    edges = torch.combinations(torch.arange(30)).T
    with pytest.raises(ValueError, match=r"out of reach; spins\.bounded_ground_state"):
        ground_state(edges, torch.ones(edges.size(1)), 30)


def test_bad_inputs():
    edges = square_lattice(2)
    with pytest.raises(ValueError, match="`edge_index` must name nodes from 0 to 2"):
        ground_state(edges, torch.ones(4), 3)
    with pytest.raises(ValueError, match="`coupling` must be finite"):
        ground_state(edges, torch.tensor([1.0, 1.0, 1.0, float("inf")]), 4)
    with pytest.raises(ValueError, match="`coupling` must be equal in both directions"):
        ground_state(torch.tensor([[0, 1], [1, 0]]), torch.tensor([1.0, 2.0]), 2)


def test_a_gauge_transformation_moves_the_ground_state_along(reference):
    edges = square_lattice(9)
    coupling = reference.random_coupling(edges, 11)
    gauge = torch.randint(0, 2, (81,), generator=torch.Generator().manual_seed(0)) * 2 - 1
    spins, energy = ground_state(edges, coupling, 81)
    moved, same = ground_state(edges, coupling * gauge[edges[0]] * gauge[edges[1]], 81)
    assert same == energy
    assert torch.equal(moved, spins * gauge * gauge[0])


@pytest.mark.slow
def test_torus_10x10_agrees_with_the_transfer_matrix(reference):
    edges = square_lattice(10, periodic=True)
    for seed in range(2):
        coupling = reference.random_coupling(edges, seed, torch.float64)
        _, energy = ground_state(edges, coupling, 100)
        right, down = coupling.view(2, 10, 10).numpy()
        assert energy == pytest.approx(reference.transfer_matrix_energy(right, down), abs=1e-11)


@settings(max_examples=60)
@given(st.integers(0, 100_000), st.booleans())
def test_random_planar_graphs_against_enumeration(reference, seed, whole):
    # A triangulation of random points, thinned: faces of all sizes, bridges, parts, lonely nodes.
    generator = np.random.default_rng(seed)
    count = int(generator.integers(4, 11))
    corners = Delaunay(generator.random((count, 2))).simplices
    pairs = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    pairs = pairs[generator.random(len(pairs)) < generator.choice([0.5, 0.8, 1.0])]
    edges = torch.from_numpy(pairs.astype(np.int64)).T
    numbers = generator.integers(-3, 4, len(pairs)) if whole else generator.normal(size=len(pairs))
    coupling = torch.from_numpy(numbers.astype(np.float64))
    spins, energy = ground_state(edges, coupling, count)
    expected = reference.brute_force_float(edges, coupling, count)
    assert energy == pytest.approx(expected, abs=1e-10)
    assert pel.functional.ising_energy(edges, coupling, spins).item() == pytest.approx(energy)
