"""Hessians by finite differences: closed forms, symmetry, and springs fitted to them."""

import numpy as np
import pytest
import torch
from ase import Atoms
from ase.build import molecule
from ase.calculators.lj import LennardJones
from ase.constraints import FixAtoms
from pyg_energyloss_ase import ElasticNetwork, atoms_to_data, fit_stiffness, hessian

from pyg_energyloss import PairEnergyLoss, stiffness
from pyg_energyloss.stiffness.hessian_fit import springs_hessian

BONDS_OF_WATER = torch.tensor([[0, 1, 0, 2], [1, 0, 2, 0]])


def water():
    data = atoms_to_data(molecule("H2O"))
    data.edge_index = BONDS_OF_WATER
    return data


def test_hessian_of_an_elastic_network_is_that_of_its_springs():
    atoms = molecule("CH3CH2OH")
    distance = atoms.get_all_distances() + np.eye(len(atoms))
    found = hessian(
        atoms,
        ElasticNetwork,
        options={"reference": atoms, "stiffness": stiffness.Exponential()},
        step=1e-4,
    )
    # The energy is k u² without the half of a potential, hence the factor two.
    expected = 2 * springs_hessian(atoms.positions, np.exp(-distance))
    assert found == pytest.approx(expected, abs=1e-5)


def test_constraints_and_the_structure_itself_are_left_alone():
    dimer = Atoms("Ar2", [[0, 0, 0], [0, 0, 1.2]], constraint=FixAtoms([0]))
    before = dimer.positions.copy()
    found = hessian(dimer, LennardJones, options={"rc": 1e6})
    assert np.array_equal(dimer.positions, before)
    assert dimer.calc is None
    assert found[2, 2] == pytest.approx(-found[2, 5])


@pytest.mark.parametrize(
    ("atoms", "options", "match"),
    [
        (Atoms(), {}, "`atoms` must be at least one atom"),
        (Atoms("H", [[np.nan, 0, 0]]), {}, "`atoms` must be at least one atom"),
        (Atoms("H"), {"step": 0.0}, "`step` must be a positive length"),
    ],
)
def test_bad_input_is_refused(atoms, options, match):
    with pytest.raises(ValueError, match=match):
        hessian(atoms, LennardJones, **options)


def test_gfn2_springs_of_water():
    pytest.importorskip("tblite.interface", reason="GFN2-xTB needs tblite", exc_type=ImportError)
    fit = fit_stiffness([water()])
    bond, angle, torsion, far = fit.strengths[0]
    # A force constant of the O-H stretch of 8.45 mdyn/Å is 52.7 eV/Å².
    assert 40 < bond < 65
    assert 0.5 < angle < 10
    assert np.isnan([torsion, far]).all()
    assert fit.residual[0] < 0.2
    assert PairEnergyLoss(fit.law)(1.1 * water().pos, water()) > 0


def test_gfn2_hessian_of_water_is_symmetric_and_blind_to_translation():
    pytest.importorskip("tblite.interface", reason="GFN2-xTB needs tblite", exc_type=ImportError)
    found = hessian(molecule("H2O"))
    assert np.array_equal(found, found.T)
    assert np.abs(found.reshape(9, 3, 3).sum(axis=1)).max() < 0.01
    assert np.linalg.eigvalsh(found)[-3:].min() > 1


def test_molecules_that_cannot_be_fitted_are_refused():
    none = {"calculator": LennardJones}
    with pytest.raises(ValueError, match="`molecules` is empty"):
        fit_stiffness([], **none)
    with pytest.raises(ValueError, match="molecule 0 has no bonds"):
        fit_stiffness([atoms_to_data(molecule("H2O"))], **none)
    with pytest.raises(ValueError, match="molecule 0 did not relax"):
        fit_stiffness([water()], max_steps=0, max_force=1e-9, **none)
