import math

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from pyg_energyloss import registry, stiffness
from pyg_energyloss.potentials import (
    LDDT,
    Absolute,
    FlatBottom,
    Harmonic,
    Huber,
    Morse,
    Periodic,
    Potential,
)


def smooth_lddt(e):
    return 1 - np.mean([1 / (1 + np.exp(abs(e) - t)) for t in (0.5, 1, 2, 4)])


#: potential, its formula in plain floats, where it is smooth to second order
POTENTIALS = {
    "harmonic": (Harmonic(), lambda e: e * e / 2),
    "absolute": (Absolute(), abs),
    "huber": (Huber(0.7), lambda e: e * e / 2 if abs(e) <= 0.7 else 0.7 * (abs(e) - 0.35)),
    "lddt": (LDDT(), smooth_lddt),
    "morse": (Morse(1.3), lambda e: (1 - math.exp(-1.3 * e)) ** 2 / (2 * 1.3**2)),
    "flat_bottom": (FlatBottom(0.3), lambda e: max(abs(e) - 0.3, 0) ** 2 / 2),
    "periodic": (Periodic(3), lambda e: (1 - math.cos(3 * e)) / 9),
}
PARAMETERS = pytest.mark.parametrize("name", POTENTIALS)


@PARAMETERS
def test_the_value_is_the_formula(name):
    potential, formula = POTENTIALS[name]
    predicted = torch.linspace(0, 6, 97, dtype=torch.float64)
    target = torch.full_like(predicted, 2.05)
    expected = torch.tensor([formula(float(e)) for e in predicted - target], dtype=torch.float64)
    assert torch.allclose(potential.value(predicted, target), expected, rtol=1e-13, atol=1e-15)


@PARAMETERS
def test_the_slope_is_the_derivative_of_the_value(name):
    potential = POTENTIALS[name][0]
    predicted = torch.linspace(0, 6, 97, dtype=torch.float64).requires_grad_()
    target = torch.full((97,), 2.05, dtype=torch.float64)
    (slope,) = torch.autograd.grad(potential.value(predicted, target).sum(), predicted)
    assert torch.allclose(potential.slope(predicted, target), slope, rtol=1e-12, atol=1e-15)


@PARAMETERS
def test_second_derivatives(name):
    potential = POTENTIALS[name][0]
    predicted = torch.tensor([0.4, 1.9, 2.2, 3.6], dtype=torch.float64).requires_grad_()
    target = torch.full((4,), 2.05, dtype=torch.float64)
    for function in (potential.value, potential.slope):
        assert gradcheck(lambda x, f=function: f(x, target), predicted)
    assert gradgradcheck(lambda x: potential.value(x, target), predicted)


@PARAMETERS
def test_the_minimum_is_at_the_target_and_has_no_force(name):
    potential = POTENTIALS[name][0]
    target = torch.rand(20, dtype=torch.float64)
    assert (potential.slope(target, target) == 0).all()
    for move in (-0.4, 0.4):
        lowest = potential.value(target, target)
        assert (potential.value(target + move, target) > lowest).all()


@pytest.mark.parametrize("name", ["harmonic", "morse", "periodic", "huber"])
def test_the_curvature_at_the_minimum_is_one(name):
    predicted = torch.tensor([1.5], dtype=torch.float64).requires_grad_()
    slope = POTENTIALS[name][0].slope(predicted, torch.tensor([1.5], dtype=torch.float64))
    assert torch.autograd.grad(slope, predicted)[0].item() == pytest.approx(1.0)


def test_morse_with_the_stiffness_of_the_same_name_is_the_morse_potential():
    depth, a, e = 2.0, 1.5, 0.4
    k = stiffness.Morse(depth, a).strength
    found = k * Morse(a).value(torch.tensor([1.0 + e]), torch.tensor([1.0])).item()
    assert found == pytest.approx(depth * (1 - math.exp(-a * e)) ** 2, rel=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@PARAMETERS
def test_a_collapsed_pair_of_a_large_structure_is_finite(name, dtype):
    potential = POTENTIALS[name][0]
    near, far = torch.zeros(1, dtype=dtype), torch.full((1,), 1e4, dtype=dtype)
    for pair in ((near, far), (far, near)):
        assert potential.value(*pair).isfinite().all()
        assert potential.slope(*pair).isfinite().all()


@pytest.mark.parametrize("name", ["morse", "periodic"])
def test_exact_close_to_the_minimum_in_single_precision(name):
    potential, formula = POTENTIALS[name]
    stretch = torch.tensor([1e-3, -1e-3])
    expected = [formula(float(e)) for e in stretch]
    assert potential.energy(stretch).tolist() == pytest.approx(expected, rel=1e-5)


@PARAMETERS
def test_every_potential_has_a_name(name):
    assert type(registry.create("potential", name)) is type(POTENTIALS[name][0])
    assert name in registry.names("potential")


def test_a_potential_of_ones_own_needs_value_and_slope_alone():
    class Quartic(Potential):
        def energy(self, stretch):
            return 0.25 * stretch**4

        def tension(self, stretch):
            return stretch**3

    assert Quartic().value(torch.tensor([3.0]), torch.tensor([1.0])).item() == 4.0
    assert Quartic().kernel_form() is None


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Huber(0.0), "`delta` must be finite and positive"),
        (lambda: FlatBottom(-1.0), "`width` must be finite and not negative"),
        (lambda: Morse(math.inf), "`inverse_width` must be finite and positive"),
        (lambda: Periodic(0), "`multiplicity` must be a positive integer"),
        (lambda: Periodic(1.5), "`multiplicity` must be a positive integer"),
    ],
)
def test_bad_options_are_refused(make, match):
    with pytest.raises(ValueError, match=match):
        make()
