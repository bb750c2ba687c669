import math

import numpy as np
import pytest
import torch

from pyg_energyloss.functional import (
    categorical_field,
    discrete_energy,
    ising_energy,
    local_field,
)
from pyg_energyloss.spins import square_lattice

ISING = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])


@pytest.fixture
def system():
    edges = square_lattice(3)
    generator = torch.Generator().manual_seed(3)
    return edges, torch.rand(edges.size(1), generator=generator) * 2 - 1, generator


def test_two_states_with_the_ising_table_are_spins(system):
    edges, coupling, generator = system
    state = torch.randint(0, 2, (9,), generator=generator)
    spins = 1.0 - 2.0 * state
    one_hot = torch.eye(2)[state]
    expected = ising_energy(edges, coupling, spins)
    assert torch.allclose(discrete_energy(edges, coupling, one_hot, ISING), expected)
    field = categorical_field(edges, coupling, state, ISING, h0=0.7)
    h = local_field(edges, coupling, spins, h0=0.7)
    assert torch.allclose(field, torch.stack([h, -h], 1))


def test_potts_by_a_double_loop(system):
    edges, coupling, generator = system
    state = torch.randint(0, 3, (9,), generator=generator)
    expected = -sum(
        c
        for c, (i, j) in zip(coupling.tolist(), edges.T.tolist(), strict=True)
        if state[i] == state[j]
    )
    value = discrete_energy(edges, coupling, torch.eye(3)[state], torch.eye(3))
    assert value.item() == pytest.approx(expected, abs=1e-6)


def test_clock_model_is_even_under_rotation_of_all_states(system):
    edges, coupling, generator = system
    angle = 2 * math.pi * torch.arange(5) / 5
    table = (angle[:, None] - angle).cos()
    state = torch.randint(0, 5, (9,), generator=generator)
    energy = discrete_energy(edges, coupling, torch.eye(5)[state], table)
    turned = discrete_energy(edges, coupling, torch.eye(5)[(state + 2) % 5], table)
    assert torch.allclose(energy, turned)


def test_probabilities_give_the_expected_energy(system):
    edges, coupling = torch.tensor([[0, 1], [1, 2]]), torch.tensor([0.7, -0.4])
    q = torch.rand(3, 3, generator=system[2]).softmax(-1)
    total = 0.0
    for states in np.ndindex(3, 3, 3):
        one_hot = torch.eye(3)[list(states)]
        weight = (q * one_hot).sum(1).prod()
        total = total + weight * discrete_energy(edges, coupling, one_hot, torch.eye(3))
    assert torch.allclose(discrete_energy(edges, coupling, q, torch.eye(3)), total)


def test_a_table_of_another_size_is_an_error(system):
    edges, coupling, _ = system
    with pytest.raises(ValueError, match=r"`table` must have shape \[3, 3\]"):
        discrete_energy(edges, coupling, torch.ones(9, 3) / 3, torch.eye(2))
