import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pyg_energyloss.functional import ising_energy, local_field, local_field_energy
from pyg_energyloss.spins import square_lattice
from pyg_energyloss.spins.enumeration import lowest_by_enumeration


def draw(seed, size=4, dtype=torch.float64):
    edges = square_lattice(size)
    generator = torch.Generator().manual_seed(seed)
    coupling = torch.rand(edges.size(1), generator=generator, dtype=dtype) * 2 - 1
    spins = torch.randint(0, 2, (size * size,), generator=generator).to(dtype) * 2 - 1
    return edges, coupling, spins


def ground_state(edges, coupling, num_nodes):
    spins = lowest_by_enumeration(edges.T.numpy(), coupling.double().numpy(), num_nodes)
    return torch.from_numpy(spins).to(coupling.dtype)


def test_by_hand():
    edges = torch.tensor([[0, 1], [1, 2]])
    field = local_field(edges, torch.tensor([1.0, -0.5]), torch.tensor([1.0, -1.0, 1.0]), h0=2.0)
    assert field.tolist() == [-1 + 2, 1 - 0.5 - 2, 0.5 + 2]


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_agrees_with_a_double_loop_and_with_minus_the_gradient_of_the_energy(seed):
    edges, coupling, spins = draw(seed)
    expected = torch.zeros(16, dtype=torch.float64)
    for (i, j), value in zip(edges.T.tolist(), coupling.tolist(), strict=True):
        expected[i] += value * spins[j]
        expected[j] += value * spins[i]
    assert torch.allclose(local_field(edges, coupling, spins), expected)
    leaf = spins.clone().requires_grad_()
    ising_energy(edges, coupling, leaf).sum().backward()
    assert torch.allclose(leaf.grad, -expected)


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_a_ground_state_is_the_unique_minimum_for_any_positive_h0(seed):
    edges, coupling, _ = draw(seed)
    target = ground_state(edges, coupling, 16)
    assert bool((local_field(edges, coupling, target) * target >= -1e-12).all())
    assert bool((local_field(edges, coupling, target, h0=1e-6) * target > 0).all())


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_any_configuration_is_the_unique_minimum_above_h0_four(seed):
    edges, coupling, spins = draw(seed)
    assert bool((local_field(edges, coupling, spins, h0=4.0 + 1e-6) * spins > 0).all())


def test_four_is_needed():
    # A spin that all four neighbours, at J = 1, want the other way.
    edges = torch.tensor([[0, 0, 0, 0], [1, 2, 3, 4]])
    spins = torch.tensor([-1.0, 1.0, 1.0, 1.0, 1.0])
    assert local_field(edges, torch.ones(4), spins, h0=3.9)[0] > 0
    assert local_field(edges, torch.ones(4), spins, h0=4.1)[0] < 0


def test_the_only_minimiser_over_all_configurations_by_enumeration():
    edges, coupling, _ = draw(5, size=3)
    target = ground_state(edges, coupling, 9)
    field = local_field(edges, coupling, target, h0=0.01)
    configurations = torch.tensor(list(itertools.product((-1.0, 1.0), repeat=9))).double()
    energy = -(configurations @ field)
    best = configurations[energy <= energy.min() + 1e-9]
    assert best.tolist() == [target.tolist()]


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(0, 1))
def test_free_energy_is_convex_in_the_mean_spin(seed, weight):
    generator = torch.Generator().manual_seed(seed)
    field = torch.randn(16, generator=generator, dtype=torch.float64)
    first, second = 2 * torch.rand(2, 16, generator=generator, dtype=torch.float64) - 1

    def free_energy(mean):
        return local_field_energy(2 * mean.atanh(), field, temperature=0.3).item()

    mixed = free_energy(weight * first + (1 - weight) * second)
    assert mixed <= weight * free_energy(first) + (1 - weight) * free_energy(second) + 1e-9


def test_free_energy_is_zero_only_at_the_boltzmann_distribution_of_the_field():
    field = torch.tensor([0.3, -0.2, 0.05], dtype=torch.float64)
    logits = (2 * field / 0.1).requires_grad_()
    value = local_field_energy(logits, field, temperature=0.1)
    assert value.item() == pytest.approx(0, abs=1e-12)
    (gradient,) = torch.autograd.grad(value.sum(), logits)
    assert gradient.abs().max().item() < 1e-12
    for step in torch.eye(3, dtype=torch.float64):
        assert local_field_energy(logits + 0.5 * step, field, temperature=0.1).item() > 1e-4


def test_free_energy_against_the_definition():
    field, logits, temperature = torch.tensor([0.4, -1.0]), torch.tensor([0.3, 2.0]), 0.5
    mean, up = (logits / 2).tanh(), logits.sigmoid()
    entropy = -(up * up.log() + (1 - up) * (1 - up).log())
    partition = (2 * (field / temperature).cosh()).log()
    expected = (-field * mean / temperature - entropy + partition).sum()
    value = local_field_energy(logits, field, temperature=temperature)
    assert torch.allclose(value, expected.reshape(1))


def test_gradients_and_extreme_logits():
    field = torch.tensor([0.4, -1.0, 0.0], dtype=torch.float64)
    logits = torch.tensor([0.3, 2.0, -1.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z: local_field_energy(z, field), logits)
    assert torch.autograd.gradgradcheck(lambda z: local_field_energy(z, field), logits)
    for extreme in (1e4, -1e4):
        z = torch.full((3,), extreme, requires_grad=True)
        value = local_field_energy(z, field.float())
        value.sum().backward()
        assert value.isfinite().all()
        assert z.grad.isfinite().all()


def test_bad_inputs():
    with pytest.raises(ValueError, match="`field` must have one value per spin"):
        local_field_energy(torch.zeros(3), torch.zeros(2))
    with pytest.raises(ValueError, match="`temperature` must be positive"):
        local_field_energy(torch.zeros(3), torch.zeros(3), temperature=0.0)
    with pytest.raises(ValueError, match="`spins` must have shape"):
        local_field(torch.tensor([[0], [1]]), torch.ones(1), torch.ones(2, 2))
