import numpy as np
import pytest
import torch
from torch_geometric.utils import to_undirected

from pyg_energyloss.functional import ising_energy, undirected_bonds

EDGES = torch.tensor([[0, 1, 2, 0], [1, 2, 0, 3]])
COUPLING = torch.tensor([1.0, -0.5, 0.25, 2.0])
SPINS = torch.tensor([1.0, -1.0, -1.0, 1.0])


def double_loop(edges, coupling, spins):
    total = 0.0
    for k in range(edges.size(1)):
        i, j = int(edges[0, k]), int(edges[1, k])
        total -= float(coupling[k]) * float(spins[i]) * float(spins[j])
    return total


def test_by_hand():
    # Bonds 0-1 and 2-0 are broken by J > 0, bond 1-2 by J < 0; bond 0-3 is satisfied.
    assert ising_energy(EDGES, COUPLING, SPINS).item() == 1 + 0.5 + 0.25 - 2


def test_agrees_with_a_double_loop_and_counts_both_directions_once():
    expected = double_loop(EDGES, COUPLING, SPINS)
    both, twice = to_undirected(EDGES, COUPLING)
    assert ising_energy(EDGES, COUPLING, SPINS).item() == pytest.approx(expected)
    assert ising_energy(both, twice, SPINS).item() == pytest.approx(expected)
    assert ising_energy(EDGES.flip(0), COUPLING[:, None], SPINS[:, None]).item() == expected


def test_flip_of_all_spins_changes_nothing_and_a_single_flip_changes_twice_the_field():
    energy = ising_energy(EDGES, COUPLING, SPINS)
    assert torch.equal(ising_energy(EDGES, COUPLING, -SPINS), energy)
    flipped = SPINS.clone()
    flipped[0] *= -1
    field = 1.0 * SPINS[1] + 0.25 * SPINS[2] + 2.0 * SPINS[3]
    assert (ising_energy(EDGES, COUPLING, flipped) - energy).item() == 2 * field * SPINS[0]


def test_a_batch_is_its_graphs():
    two = torch.cat([EDGES, EDGES + 4], 1)
    energy = ising_energy(
        two, COUPLING.repeat(2), torch.cat([SPINS, torch.ones(4)]), batch=torch.arange(8) // 4
    )
    expected = [
        ising_energy(EDGES, COUPLING, SPINS).item(),
        ising_energy(EDGES, COUPLING, torch.ones(4)).item(),
    ]
    assert energy.tolist() == expected
    batch = torch.zeros(4, dtype=torch.long)
    padded = ising_energy(EDGES, COUPLING, SPINS, batch=batch, num_graphs=3)
    assert padded.tolist() == [expected[0], 0, 0]


def test_expectation_under_independent_spins_is_the_energy_of_their_means():
    mean = torch.tensor([0.3, -0.2, 0.9, 0.0], dtype=torch.float64)
    total = 0.0
    for bits in np.ndindex(2, 2, 2, 2):
        spins = 1.0 - 2.0 * torch.tensor(bits, dtype=torch.float64)
        total += float(((1 + spins * mean) / 2).prod()) * ising_energy(EDGES, COUPLING, spins)
    assert torch.allclose(ising_energy(EDGES, COUPLING.double(), mean), total)


@pytest.mark.parametrize("dtype", [torch.int8, torch.int64, torch.bool])
def test_integer_spins_and_couplings(dtype):
    spins = torch.ones(4, dtype=dtype)
    assert ising_energy(EDGES, torch.tensor([1, -2, 3, 4]), spins).tolist() == [-6.0]


def test_gradient_is_minus_the_local_field():
    spins = SPINS.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda s: ising_energy(EDGES, COUPLING.double(), s), spins)
    ising_energy(EDGES, COUPLING.double(), spins).sum().backward()
    assert spins.grad[3].item() == -2.0


def test_no_edges_and_lonely_nodes():
    assert ising_energy(torch.empty(2, 0, dtype=torch.long), torch.empty(0), SPINS).tolist() == [0]


def test_bonds_keep_the_gradient_of_their_couplings():
    coupling = COUPLING.clone().requires_grad_()
    bonds, values = undirected_bonds(*to_undirected(EDGES, coupling))
    values.sum().backward()
    assert bonds.size(1) == 4
    assert coupling.grad is not None


@pytest.mark.parametrize(
    ("edges", "coupling", "match"),
    [
        (torch.zeros(3, 2, dtype=torch.long), torch.ones(2), r"`edge_index` must have shape"),
        (EDGES, torch.ones(3), "`coupling` must hold one number per edge"),
        (EDGES, torch.ones(2, 2), "`coupling` must hold one number per edge"),
        (torch.tensor([[1], [1]]), torch.ones(1), "must not join a node to itself"),
        (torch.tensor([[0, 0], [1, 1]]), torch.ones(2), "repeated in the same direction"),
        (torch.tensor([[0, 1, 0], [1, 0, 1]]), torch.ones(3), "repeated in the same direction"),
        (torch.tensor([[0, 1], [1, 0]]), torch.tensor([1.0, 2.0]), "equal in both directions"),
        (torch.tensor([[0, 1], [1, 0]]), torch.full((2,), torch.nan), "equal in both directions"),
    ],
)
def test_bad_bonds(edges, coupling, match):
    with pytest.raises(ValueError, match=match):
        ising_energy(edges, coupling, SPINS)


def test_bad_spins_and_batches():
    with pytest.raises(ValueError, match="`spins` must have shape"):
        ising_energy(EDGES, COUPLING, torch.ones(4, 2))
    with pytest.raises(ValueError, match="`batch`"):
        ising_energy(EDGES, COUPLING, SPINS, num_graphs=2)
    with pytest.raises(ValueError, match="`batch`"):
        ising_energy(EDGES, COUPLING, SPINS, batch=torch.zeros(3, dtype=torch.long))
