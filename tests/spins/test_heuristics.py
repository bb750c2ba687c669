import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_geometric.data import Data

from pyg_energyloss.functional import ising_energy, local_field
from pyg_energyloss.spins import (
    SpinEvaluator,
    bounded_ground_state,
    generate_systems,
    greedy_descent,
    ground_state,
    odd_cycle_bound,
    simulated_annealing,
    square_lattice,
    zero_temperature,
)


@pytest.fixture(scope="module")
def systems():
    pytest.importorskip("pymatching", reason="exact ground states need PyMatching")
    return generate_systems(20, 6, seed=5, workers=0)


@settings(max_examples=15)
@given(st.integers(0, 1000))
def test_relaxed_spins_are_local_minima_below_their_start(seed):
    edges = square_lattice((4, 5))
    generator = torch.Generator().manual_seed(seed)
    coupling = torch.rand(edges.size(1), generator=generator, dtype=torch.float64) * 2 - 1
    start = torch.randint(0, 2, (20,), generator=generator).double() * 2 - 1
    for relaxed in (
        greedy_descent(edges, coupling, start),
        zero_temperature(edges, coupling, start),
    ):
        assert bool((relaxed * local_field(edges, coupling, relaxed) >= 0).all())
        assert ising_energy(edges, coupling, relaxed) <= ising_energy(edges, coupling, start)


def test_greedy_flips_the_best_spin_first_and_graphs_by_themselves(systems):
    batch = systems.batch(range(5))
    start = torch.where(torch.arange(batch.num_nodes) % 3 == 0, 1.0, -1.0)
    together = greedy_descent(batch.edge_index, batch.edge_attr, start, batch=batch.batch)
    for k in range(5):
        single = systems.batch([k])
        alone = greedy_descent(single.edge_index, single.edge_attr, start[36 * k : 36 * k + 36])
        assert torch.equal(together[36 * k : 36 * k + 36], alone)
    # Of three spins on a chain the middle one gains most: flipping it ends the descent.
    chain = torch.tensor([[0, 1], [1, 2]])
    relaxed = greedy_descent(chain, torch.ones(2), torch.tensor([1.0, -1.0, 1.0]))
    assert relaxed.tolist() == [1, 1, 1]


def test_equal_gains_on_neighbours_do_not_cycle():
    ring = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 0]])
    relaxed = greedy_descent(ring, -torch.ones(4), torch.ones(4))
    assert ising_energy(ring, -torch.ones(4), relaxed).item() == -4


def test_annealing_gets_near_the_ground_state_and_repeats_with_its_seed(systems):
    batch = systems.batch(range(20))
    options = {"sweeps": 60, "batch": batch.batch, "seed": 1}
    spins = simulated_annealing(batch.edge_index, batch.edge_attr, batch.num_nodes, **options)
    excess = SpinEvaluator(relax=False)(spins, batch)["excess_energy"]
    assert (excess > -1e-5).all()
    assert excess.mean() < 2.5
    again = simulated_annealing(batch.edge_index, batch.edge_attr, batch.num_nodes, **options)
    assert torch.equal(spins, again)
    several = simulated_annealing(
        batch.edge_index, batch.edge_attr, batch.num_nodes, restarts=4, **options
    )
    better = SpinEvaluator(relax=False)(several, batch)["excess_energy"]
    assert bool((better <= excess + 1e-5).all())


def test_annealing_leaves_the_global_random_state_alone():
    before = torch.random.get_rng_state()
    simulated_annealing(square_lattice(3), torch.ones(12), 9, sweeps=3)
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_bound_is_tight_on_planar_graphs(systems):
    for k in range(3):
        bonds = systems.edge_index.T.numpy()
        bound = odd_cycle_bound(bonds, systems.coupling[k].double().numpy(), 36)
        assert bound == pytest.approx(systems.energy[k].item(), abs=1e-5)
        assert bound <= systems.energy[k].item() + 1e-9


def test_bounds_on_a_graph_that_is_not_planar(reference):
    edges = torch.combinations(torch.arange(12)).T
    coupling = reference.random_coupling(edges, 4)
    state = bounded_ground_state(edges, coupling, 12, sweeps=100, restarts=5)
    _, exact = ground_state(edges, coupling, 12)
    assert state.lower_bound <= exact + 1e-9
    assert state.energy >= exact - 1e-6
    assert state.energy == pytest.approx(exact, abs=1e-5)
    assert state.gap == state.energy - state.lower_bound


def test_fewer_rounds_give_a_looser_bound_that_still_holds(systems):
    bonds, values = systems.edge_index.T.numpy(), systems.coupling[0].double().numpy()
    none = odd_cycle_bound(bonds, values, 36, max_rounds=0)
    assert none == pytest.approx(-abs(values).sum())
    one = odd_cycle_bound(bonds, values, 36, max_rounds=1)
    assert none <= one <= systems.energy[0].item() + 1e-9


def test_metrics_of_the_target_and_of_a_flipped_spin(systems):
    batch = systems.batch([0, 1])
    perfect = SpinEvaluator()(torch.cat([5 * batch.y[:36], -batch.y[36:]]), batch)
    assert perfect["excess_energy"].abs().max() < 1e-9
    assert perfect["exact"].tolist() == [1, 1]
    assert perfect["overlap"].tolist() == [1, 1]
    assert perfect["excess_greedy"].abs().max() < 1e-9
    flipped = batch.y.clone()
    flipped[7] *= -1
    scored = SpinEvaluator()(flipped, batch)
    field = local_field(batch.edge_index, batch.edge_attr, batch.y)
    assert scored["excess_energy"][0].item() == pytest.approx((2 * field * batch.y)[7].item())
    assert scored["overlap"].tolist() == pytest.approx([34 / 36, 1])
    assert scored["excess_zero_temperature"][0].item() == pytest.approx(0, abs=1e-9)
    count = (batch.edge_attr * batch.y[batch.edge_index].prod(0) > 0)[:60].double().mean()
    assert perfect["satisfied"][0].item() == pytest.approx(count.item())


def test_bad_inputs():
    edges = square_lattice(2)
    with pytest.raises(ValueError, match="`sweeps` and `restarts` must be positive"):
        simulated_annealing(edges, torch.ones(4), 4, sweeps=0)
    with pytest.raises(ValueError, match="`hot` must be at least `cold`"):
        simulated_annealing(edges, torch.ones(4), 4, hot=0.1, cold=1.0)
    with pytest.raises(ValueError, match=r"`data.energy`"):
        SpinEvaluator()(
            torch.ones(4), Data(edge_index=edges, edge_attr=torch.ones(4), y=torch.ones(4))
        )
