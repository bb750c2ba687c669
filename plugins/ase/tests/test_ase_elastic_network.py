"""The elastic network: the pair energy as an ASE calculator."""

import numpy as np
import pytest
import torch
from ase import Atoms, units
from ase.build import bulk, molecule
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress
from ase.filters import FrechetCellFilter
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from ase.md.verlet import VelocityVerlet
from ase.optimize import BFGS
from ase.vibrations import Vibrations
from pyg_energyloss_ase import ElasticNetwork

from pyg_energyloss import registry
from pyg_energyloss.functional import complete_pair_energy, pair_energy


@pytest.fixture
def benzene():
    return molecule("C6H6")


@pytest.fixture
def copper():
    return bulk("Cu", cubic=True) * (2, 2, 2)


def rattled(atoms, amount=0.1, **options):
    moved = atoms.copy()
    moved.rattle(amount, seed=1)
    moved.calc = ElasticNetwork(atoms, **options)
    return moved


@pytest.mark.parametrize("name", ["constant", "exponential", "inverse_square"])
def test_energy_and_forces_are_value_and_gradient_of_the_loss(benzene, name):
    moved = rattled(benzene, stiffness=name)
    pos = torch.tensor(moved.positions, requires_grad=True)
    true = torch.tensor(benzene.positions)
    law = registry.create("stiffness", name)
    loss = complete_pair_energy(pos, true, stiffness=law).sum()
    (gradient,) = torch.autograd.grad(loss, pos)
    assert moved.get_potential_energy() == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(moved.get_forces(), -gradient.numpy(), atol=1e-10)


def test_edges_in_one_or_both_directions_are_the_same_springs(benzene):
    one_way = np.array([[0, 1, 2], [1, 2, 6]])
    both_ways = np.concatenate([one_way, one_way[::-1]], axis=1)
    energies = [rattled(benzene, edges=e).get_potential_energy() for e in (one_way, both_ways)]
    moved = rattled(benzene)
    expected = pair_energy(
        torch.tensor(moved.positions), torch.tensor(benzene.positions), torch.tensor(both_ways)
    )
    assert energies[0] == energies[1] == pytest.approx(expected.item(), rel=1e-12)


def test_forces_and_stress_of_a_crystal_agree_with_finite_differences(copper):
    moved = rattled(copper, cutoff=5.0)
    np.testing.assert_allclose(
        moved.get_forces(), calculate_numerical_forces(moved, 1e-4), atol=1e-6
    )
    np.testing.assert_allclose(
        moved.get_stress(), calculate_numerical_stress(moved, eps=1e-5), atol=1e-6
    )


def test_forces_sum_to_zero_and_vanish_at_rest(benzene):
    assert np.abs(rattled(benzene).get_forces().sum(0)).max() < 1e-10
    assert np.abs(rattled(benzene, amount=0.0).get_forces()).max() == 0


def test_wrapping_and_moving_a_crystal_changes_nothing(copper):
    moved = rattled(copper, cutoff=5.0)
    energy = moved.get_potential_energy()
    moved.translate([3.3, -1.0, 20.0])
    moved.wrap()
    assert moved.get_potential_energy() == pytest.approx(energy, rel=1e-10)


def test_a_one_atom_cell_has_springs_to_its_own_images():
    copper = bulk("Cu")
    stretched = copper.copy()
    stretched.set_cell(copper.cell * 1.1, scale_atoms=True)
    stretched.calc = ElasticNetwork(copper, cutoff=3.0)
    rest = 3.61 / np.sqrt(2)
    expected = 6 * (0.1 * rest) ** 2  # 12 neighbours, half of them per atom, k d^2 per spring
    assert stretched.get_potential_energy() == pytest.approx(expected, rel=1e-8)
    assert stretched.get_stress()[:3].min() > 0


def test_optimiser_returns_to_the_reference(benzene):
    moved = rattled(benzene)
    assert BFGS(moved, logfile=None).run(fmax=1e-4, steps=300)
    assert moved.get_potential_energy() < 1e-6
    np.testing.assert_allclose(moved.get_all_distances(), benzene.get_all_distances(), atol=2e-3)


def test_cell_filter_returns_to_the_reference_cell(copper):
    moved = rattled(copper, cutoff=5.0)
    moved.set_cell(copper.cell * 1.05, scale_atoms=True)
    assert BFGS(FrechetCellFilter(moved), logfile=None).run(fmax=1e-3, steps=200)
    np.testing.assert_allclose(moved.cell.lengths(), copper.cell.lengths(), rtol=1e-3)


def test_molecular_dynamics_conserves_energy(benzene):
    moved = rattled(benzene, amount=0.02)
    MaxwellBoltzmannDistribution(moved, temperature_K=300, rng=np.random.default_rng(0))
    start = moved.get_total_energy()
    dynamics = VelocityVerlet(moved, 0.2 * units.fs)
    kinetic = []
    for _ in range(20):
        dynamics.run(5)
        kinetic.append(moved.get_kinetic_energy())
    assert abs(moved.get_total_energy() - start) < 2e-3 * start
    assert max(kinetic) > 1.2 * min(kinetic)


def test_vibrations_have_six_zero_modes_and_a_dimer_the_known_frequency(tmp_path, benzene):
    dimer = Atoms("N2", [[0, 0, 0], [0, 0, 1.1]])
    dimer.calc = ElasticNetwork(dimer)
    vibrations = Vibrations(dimer, name=str(tmp_path / "dimer"), delta=1e-3)
    vibrations.run()
    curvature = 2.0  # both directions of the pair count
    expected = 521.47090 * np.sqrt(curvature / (dimer.get_masses()[0] / 2))
    assert vibrations.get_frequencies()[-1].real == pytest.approx(expected, rel=1e-4)

    water = molecule("H2O")
    water.calc = ElasticNetwork(water)
    vibrations = Vibrations(water, name=str(tmp_path / "water"))
    vibrations.run()
    modes = np.abs(vibrations.get_frequencies())
    assert (modes < 20).sum() == 6
    assert (modes > 400).sum() == 3


def test_coincident_atoms_give_finite_forces(benzene):
    moved = rattled(benzene)
    moved.positions[1] = moved.positions[0]
    assert np.isfinite(moved.get_forces()).all()


@pytest.mark.parametrize("symbols", ["", "H"])
def test_structures_without_pairs_have_no_energy(symbols):
    atoms = Atoms(symbols, np.zeros((len(symbols), 3)))
    atoms.calc = ElasticNetwork(atoms)
    assert atoms.get_potential_energy() == 0
    assert atoms.get_forces().shape == (len(symbols), 3)


def test_a_callable_is_a_stiffness(benzene):
    soft = rattled(benzene, stiffness=lambda d: 0.5 * torch.ones_like(d))
    assert soft.get_potential_energy() == pytest.approx(
        0.5 * rattled(benzene).get_potential_energy()
    )


def test_wrong_arguments_name_the_remedy(benzene, copper):
    with pytest.raises(ValueError, match="give `cutoff` or `edges`, not both"):
        ElasticNetwork(benzene, cutoff=2.0, edges=[[0], [1]])
    with pytest.raises(ValueError, match="give a `cutoff` in Å"):
        ElasticNetwork(copper)
    with pytest.raises(
        ValueError, match="`edges` must hold atom numbers from 0 to 11, got 0 to 12"
    ):
        ElasticNetwork(benzene, edges=[[0], [12]])
    with pytest.raises(ValueError, match="`atoms` must have the elements of the reference"):
        ElasticNetwork(benzene).get_potential_energy(molecule("H2O"))


def test_ase_lists_the_calculator_and_resolves_it():
    plugins = pytest.importorskip(
        "ase._4.plugins", reason="this ASE has no plugin collection"
    ).plugins
    mine = plugins.by_package["pyg_energyloss_ase"]
    (plugin,) = mine.calculators
    assert "energyloss" in mine.display()
    assert plugin.implementation is ElasticNetwork


def test_an_ase_without_the_mechanism_gets_no_plugins(monkeypatch):
    import sys

    import pyg_energyloss_ase

    monkeypatch.setitem(sys.modules, "ase._4.plugins.plugin", None)
    assert pyg_energyloss_ase.__ase_plugins__ == frozenset()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = pyg_energyloss_ase.nothing
