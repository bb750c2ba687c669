"""Strain of generated molecules: zero for relaxed ones, known for a dimer, failures counted."""

import math

import pytest
import torch
from ase.build import molecule
from ase.calculators.lj import LennardJones
from pyg_energyloss_ase import atoms_to_data
from pyg_energyloss_ase.calculators import calculator_factory
from pyg_energyloss_ase.evaluators import Strain, relax
from torch_geometric.data import Data

from pyg_energyloss import registry

LJ = {"calculator": LennardJones, "options": {"rc": 1e6}}


def dimer(distance):
    return Data(z=torch.tensor([18, 18]), pos=torch.tensor([[0.0, 0, 0], [0, 0, distance]]))


def test_strain_of_a_lennard_jones_dimer_in_closed_form():
    found = Strain(**LJ, max_force=1e-5)([dimer(1.3)], reference=[])
    energy = 4 * (1.3**-12 - 1.3**-6)
    assert found["strain_energy"] == pytest.approx((energy + 1) / 2, abs=1e-6)
    assert found["strain_rmsd"] == pytest.approx((1.3 - 2 ** (1 / 6)) / 2, abs=1e-4)
    assert found["strain_converged"] == 1


def test_medians_leave_out_what_did_not_converge():
    made = [dimer(1.3), dimer(1.3), dimer(math.nan), dimer(0.0)]
    found = Strain(**LJ, max_force=1e-5)(made)
    assert found["strain_converged"] == 0.5
    assert found["strain_rmsd"] == pytest.approx((1.3 - 2 ** (1 / 6)) / 2, abs=1e-4)
    nothing = Strain(**LJ, max_force=1e-9, max_steps=1)([dimer(1.3)])
    assert nothing["strain_converged"] == 0
    assert math.isnan(nothing["strain_energy"])
    assert all(math.isnan(v) for v in Strain(**LJ)([]).values())


def test_gfn2_finds_relaxed_molecules_unstrained_and_distorted_ones_strained():
    pytest.importorskip("tblite.interface", reason="GFN2-xTB needs tblite", exc_type=ImportError)
    end = relax(molecule("CH3OH"), calculator_factory("gfn2"), max_force=0.02)
    relaxed = atoms_to_data(end.atoms, dtype=torch.float64)
    noise = 0.1 * torch.randn(relaxed.pos.shape, generator=torch.Generator().manual_seed(0))
    distorted = Data(z=relaxed.z, pos=relaxed.pos + noise)
    strain = registry.create("evaluator", "strain")
    assert strain.judges_sets
    first, second = strain([relaxed]), strain([distorted])
    assert tuple(first) == Strain.keys
    assert first["strain_energy"] == pytest.approx(0, abs=1e-4)
    assert first["strain_rmsd"] < 0.01
    assert second["strain_energy"] > 0.05
    assert second["strain_rmsd"] > 0.05


def test_unknown_elements_and_empty_molecules_do_not_stop_it():
    pytest.importorskip("tblite.interface", reason="GFN2-xTB needs tblite", exc_type=ImportError)
    strange = Data(z=torch.tensor([999, 1]), pos=torch.tensor([[0.0, 0, 0], [0, 0, 1]]))
    heavy = Data(z=torch.tensor([118, 1]), pos=torch.tensor([[0.0, 0, 0], [0, 0, 1]]))
    empty = Data(z=torch.zeros(0).long(), pos=torch.zeros(0, 3))
    assert Strain()([strange, heavy, empty])["strain_converged"] == 0


def test_the_charge_of_real_molecules_is_used():
    pytest.importorskip("tblite.interface", reason="GFN2-xTB needs tblite", exc_type=ImportError)
    ammonium = Data(
        z=torch.tensor([7, 1, 1, 1, 1]),
        pos=0.6 * torch.tensor([[0.0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]),
        charge=torch.tensor([1]),
    )
    moved = Strain()([ammonium])["strain_rmsd"]
    ammonium.charge = torch.tensor([0])
    # Neutral NH4 is a radical with much longer bonds, or falls apart.
    assert not Strain()([ammonium])["strain_rmsd"] < 2 * moved


def test_the_number_of_molecules_is_checked():
    with pytest.raises(ValueError, match="`max_molecules` must be at least 1, got 0"):
        Strain(max_molecules=0)
