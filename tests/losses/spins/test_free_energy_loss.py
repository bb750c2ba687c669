import itertools

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

import pyg_energyloss as pel
from pyg_energyloss.losses import FreeEnergyLoss, PairTable, ScoreFunction, TargetField
from pyg_energyloss.spins import square_lattice

ISING = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
FLIP = torch.tensor([[0, 1], [1, 0]])


def potts(seed=0, states=3):
    edges = square_lattice(3)
    generator = torch.Generator().manual_seed(seed)
    coupling = torch.rand(edges.size(1), generator=generator) * 2 - 1
    target = torch.randint(0, states, (9,), generator=generator)
    return Data(edge_index=edges, edge_attr=coupling, y=target, num_nodes=9)


def two_state(data):
    spins = data.clone()
    spins.y = 1.0 - 2.0 * data.y
    return spins


def test_two_states_agree_with_the_spin_losses():
    data = potts(states=2)
    z = torch.randn(9, generator=torch.Generator().manual_seed(1))
    logits = torch.stack([z, torch.zeros(9)], 1)
    spins = two_state(data)
    general = FreeEnergyLoss(PairTable(ISING))
    assert torch.allclose(general(logits, data), pel.TrueEnergyLoss()(z, spins), rtol=1e-5)
    # The special case includes log Z, a constant: differences agree.
    field = FreeEnergyLoss(TargetField(ISING, h0=1.0), normalize=None)
    special = pel.LocalFieldLoss(h0=1.0, normalize=None)
    shift = field(logits, data) - special(z, spins)
    assert torch.allclose(field(-logits, data) - special(-z, spins), shift, rtol=1e-4)
    even = FreeEnergyLoss(TargetField(ISING, h0=1.0), symmetry=FLIP, normalize=None)
    flip = pel.LocalFieldLoss(h0=1.0, flip="min", normalize=None)
    assert torch.allclose(even(logits, data) - flip(z, spins), shift, rtol=1e-4)


def test_it_is_the_relative_entropy_to_the_boltzmann_distribution_by_enumeration():
    edges = torch.tensor([[0, 1], [1, 2]])
    data = Data(edge_index=edges, edge_attr=torch.tensor([0.8, -0.3]), num_nodes=3)
    logits = torch.randn(3, 3, generator=torch.Generator().manual_seed(2))
    q = logits.softmax(-1)
    energies, weights = [], []
    for states in np.ndindex(3, 3, 3):
        one_hot = torch.eye(3)[list(states)]
        energies.append(PairTable(torch.eye(3))(one_hot, data))
        weights.append((q * one_hot).sum(1).prod())
    energy, weight = torch.cat(energies), torch.stack(weights)
    log_z = (-energy / 0.5).logsumexp(0)
    relative_entropy = (weight * (weight.log() + energy / 0.5 + log_z)).sum()
    loss = FreeEnergyLoss(PairTable(torch.eye(3)), temperature=0.5, normalize=None)
    assert torch.allclose(loss(logits, data) + log_z, relative_entropy, atol=1e-5)


def test_the_target_is_the_only_minimum_for_potts_states():
    data = potts(1)
    loss = FreeEnergyLoss(TargetField(torch.eye(3), h0=4.5))
    best = loss(30 * torch.eye(3)[data.y], data)
    for node, state in itertools.product(range(9), range(3)):
        other = data.y.clone()
        other[node] = state
        value = loss(30 * torch.eye(3)[other], data)
        assert value > best if state != data.y[node] else value == best


def test_symmetry_takes_the_best_image():
    data = potts(2)
    images = torch.tensor(list(itertools.permutations(range(3))))
    loss = FreeEnergyLoss(TargetField(torch.eye(3), h0=4.5), symmetry=images)
    right = 30 * torch.eye(3)[data.y]
    for image in images:
        assert torch.allclose(loss(right[:, image], data), loss(right, data))


def test_any_energy_by_sampling_is_unbiased_in_value_and_gradient():
    # Not multilinear: the square of the number of nodes in state 0.
    def energy(states, data):
        return states[:, 0].sum().square().reshape(1)

    data = Data(edge_index=torch.tensor([[0], [1]]), edge_attr=torch.ones(1), num_nodes=3)
    logits = torch.tensor([[0.5, 0.0], [-0.3, 0.2], [0.0, 0.0]], requires_grad=True)
    q = logits.softmax(-1)[:, 0]
    exact = (q * (1 - q)).sum() + q.sum().square()
    (expected,) = torch.autograd.grad(exact, logits)
    sampled = ScoreFunction(samples=20_000, seed=1)(energy, logits.log_softmax(-1), data)
    (gradient,) = torch.autograd.grad(sampled.sum(), logits)
    assert sampled.item() == pytest.approx(exact.item(), abs=0.05)
    assert torch.allclose(gradient, expected, atol=0.03)
    loss = FreeEnergyLoss(energy, expectation=ScoreFunction(samples=4, seed=0))
    assert loss(logits, data).isfinite()


def test_a_batch_is_its_graphs():
    parts = [potts(k) for k in range(3)]
    logits = torch.randn(27, 3, generator=torch.Generator().manual_seed(0))
    loss = FreeEnergyLoss(TargetField(torch.eye(3)), reduction="none")
    singles = torch.cat([loss(logits[9 * k : 9 * k + 9], part) for k, part in enumerate(parts)])
    assert torch.allclose(loss(logits, Batch.from_data_list(parts)), singles)


def test_bad_options():
    with pytest.raises(ValueError, match="`samples` must be at least 2"):
        ScoreFunction(samples=1)
    with pytest.raises(ValueError, match="`normalize` must be"):
        FreeEnergyLoss(PairTable(ISING), normalize="atoms")
    with pytest.raises(ValueError, match="`symmetry` must have shape"):
        FreeEnergyLoss(PairTable(ISING), symmetry=torch.tensor([1, 0]))
    with pytest.raises(ValueError, match="`logits` must have shape"):
        FreeEnergyLoss(PairTable(ISING))(torch.zeros(9), potts())
