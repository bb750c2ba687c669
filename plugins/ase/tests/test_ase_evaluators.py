"""Evaluators: values against known physics, failures as NaN, one value per graph."""

import math

import numpy as np
import pytest
import torch
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones
from pyg_energyloss_ase import atoms_to_data
from pyg_energyloss_ase.calculators import calculator_factory
from pyg_energyloss_ase.evaluators import (
    Relaxation,
    SinglePoint,
    Vibrational,
    emt,
    frequencies,
    gfn2,
    relax,
    single_point,
)
from pyg_energyloss_ase.rmsd import aligned_rmsd
from torch_geometric.data import Batch, Data

from pyg_energyloss import registry

DIMER_MINIMUM = 2 ** (1 / 6)


def lennard_jones_dimer(distance):
    return Data(z=torch.tensor([18, 18]), pos=torch.tensor([[0.0, 0, 0], [0, 0, distance]]))


@pytest.fixture
def molecules():
    pytest.importorskip("tblite.interface", reason="GFN2-xTB needs tblite", exc_type=ImportError)
    names = ("CH3CH2OH", "C6H6", "CO2", "H2O")
    return Batch.from_data_list([atoms_to_data(molecule(name)) for name in names])


def lj(**options):
    return {"calculator": LennardJones, "options": {"rc": 1e6, **options}}


def test_single_point_gives_the_closed_form_of_a_lennard_jones_dimer():
    data = lennard_jones_dimer(DIMER_MINIMUM)
    pred = lennard_jones_dimer(2.0).pos
    found = SinglePoint(**lj())(pred, data)
    energy = 4 * (2.0**-12 - 2.0**-6)
    force = abs(4 * (-12 * 2.0**-13 + 6 * 2.0**-7))
    assert found["energy_above_reference"].item() == pytest.approx(energy + 1, rel=1e-5)
    assert found["max_force"].item() == pytest.approx(force, rel=1e-5)
    assert found["failed"].item() == 0


def test_gfn2_is_zero_at_the_truth_and_positive_away_from_it(molecules):
    generator = torch.Generator().manual_seed(0)
    noise = 0.1 * torch.randn(molecules.pos.shape, generator=generator)
    at_truth, away = gfn2()(molecules.pos, molecules), gfn2()(molecules.pos + noise, molecules)
    assert torch.equal(at_truth["energy_above_reference"], torch.zeros(4, dtype=torch.float64))
    assert (away["energy_above_reference"] > 0).all()
    assert (away["max_force"] > at_truth["max_force"]).all()


def test_gfn2_energy_of_water_is_the_published_one(molecules):
    energy, _ = single_point(molecule("H2O"), calculator_factory("gfn2"))
    assert energy == pytest.approx(-137.96777594361677, abs=1e-4)  # tblite's own documentation


def test_energy_does_not_see_rotation_or_reflection(molecules):
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(1)))[0]
    found = gfn2()(molecules.pos @ turn - 3.0, molecules)
    assert found["energy_above_reference"].abs().max() < 1e-4


def test_a_failed_calculation_is_nan_and_leaves_the_other_graphs_alone(molecules):
    pos = molecules.pos.clone()
    first, second = molecules.ptr[0], molecules.ptr[1]
    pos[first + 1] = pos[first]  # two atoms on top of each other
    pos[second] = math.nan
    found = gfn2()(pos, molecules)
    assert found["energy_above_reference"].isnan().tolist() == [True, True, False, False]
    assert found["failed"].tolist() == [1, 1, 0, 0]


def test_scf_that_does_not_converge_is_a_failure_not_an_error(molecules):
    pos = molecules.pos * 0.01
    assert gfn2()(pos, molecules)["failed"].sum() >= 1


def test_max_graphs_leaves_the_rest_nan(molecules):
    found = gfn2(max_graphs=2)(molecules.pos, molecules)
    assert found["failed"].isnan().tolist() == [False, False, True, True]
    assert found["max_force"].shape == (4,)


def test_a_graph_without_atoms_and_a_single_atom(molecules):
    empty = Data(z=torch.empty(0, dtype=torch.long), pos=torch.empty(0, 3))
    atom = Data(z=torch.tensor([2]), pos=torch.zeros(1, 3))
    batch = Batch.from_data_list([empty, atom, empty])
    found = gfn2()(batch.pos, batch)
    assert found["failed"].tolist() == [1, 0, 1]
    assert found["max_force"][1].item() == pytest.approx(0, abs=1e-10)


def test_emt_computes_metals_and_refuses_elements_with_made_up_parameters():
    copper = atoms_to_data(bulk("Cu", cubic=True))
    water = atoms_to_data(molecule("H2O"))
    found = emt()(copper.pos, copper)
    assert found["energy_above_reference"].item() == 0
    assert found["max_force"].item() < 1e-6
    assert emt()(water.pos, water)["failed"].item() == 1


def test_relaxation_of_a_dimer_ends_at_the_known_minimum():
    data = lennard_jones_dimer(DIMER_MINIMUM)
    pred = lennard_jones_dimer(1.3).pos
    found = Relaxation(**lj(), max_force=1e-5)(pred, data)
    half = (1.3 - DIMER_MINIMUM) / 2
    energy = 4 * (1.3**-12 - 1.3**-6)
    assert found["relaxed"].item() == 1
    assert found["rmsd_to_relaxed"].item() == pytest.approx(half, abs=1e-4)
    assert found["relaxed_rmsd_to_reference"].item() == pytest.approx(0, abs=1e-4)
    assert found["relaxation_energy"].item() == pytest.approx(energy + 1, abs=1e-6)


def test_relaxation_that_runs_out_of_steps_says_so():
    data = lennard_jones_dimer(DIMER_MINIMUM)
    found = Relaxation(**lj(), max_force=1e-9, max_steps=1)(lennard_jones_dimer(1.3).pos, data)
    assert found["relaxed"].item() == 0
    assert found["steps"].item() == 1
    failed = Relaxation(**lj())(data.pos * math.nan, data)
    assert failed["relaxed"].item() == 0
    assert failed["rmsd_to_relaxed"].isnan().all()


def test_a_relaxation_that_fails_counts_as_the_limit_of_steps():
    data = lennard_jones_dimer(DIMER_MINIMUM)
    pos = torch.cat([data.pos * math.nan, lennard_jones_dimer(1.3).pos])
    found = Relaxation(**lj(), max_steps=77)(pos, Batch.from_data_list([data, data]))
    assert found["relaxation_failed"].tolist() == [1, 0]
    assert found["steps"][0].item() == 77
    assert 0 < found["steps"][1].item() < 77
    assert found["relaxed_above_reference"].isnan().tolist() == [True, False]
    assert found["reference_steps"].tolist() == [0, 0]


def test_the_end_of_a_relaxation_is_compared_with_the_relaxed_truth():
    row = Data(z=torch.full((3,), 18), pos=torch.tensor([[0.0, 0, 0], [1.2, 0, 0], [2.4, 0, 0]]))
    triangle = torch.tensor([[0.0, 0, 0], [1.2, 0, 0], [0.6, 1.0, 0]])
    # 4 (a / r^12 - b / r^6) of a row, both near pairs and the far one, has the minimum -b² / a.
    lowest_of_a_row = -((2 + 2**-6) ** 2) / (2 + 2**-12)
    relaxation = Relaxation(**lj(), max_force=1e-5)
    elsewhere = relaxation(triangle, row)["relaxed_above_reference"]
    assert elsewhere.item() == pytest.approx(-3 - lowest_of_a_row, abs=1e-6)
    back = relaxation(row.pos * 1.02, row)["relaxed_above_reference"]
    assert back.item() == pytest.approx(0, abs=1e-6)


def test_relaxation_leaves_its_argument_alone():
    atoms = Atoms("Ar2", [[0, 0, 0], [0, 0, 1.3]])
    relax(atoms, calculator_factory(LennardJones, {"rc": 1e6}))
    assert atoms.positions[1, 2] == 1.3
    assert atoms.calc is None


def test_frequency_of_a_dimer_is_root_k_over_mu():
    atoms = Atoms("Ar2", [[0, 0, 0], [0, 0, DIMER_MINIMUM]])
    found = frequencies(atoms, calculator_factory(LennardJones, {"rc": 1e6}), step=1e-4)
    curvature = 36 * 2 ** (2 / 3)  # second derivative of 4 (r^-12 - r^-6) at its minimum
    reduced = atoms.get_masses()[0] / 2
    wavenumber = 521.47090 * math.sqrt(curvature / reduced)  # eV/Å² and u to 1/cm
    assert len(found) == 1
    assert found[0] == pytest.approx(wavenumber, rel=1e-4)


@pytest.mark.parametrize(("name", "count"), [("CO2", 4), ("H2O", 3), ("C2H2", 7), ("CH4", 9)])
def test_linear_molecules_have_one_mode_more(molecules, name, count):
    end = relax(molecule(name), calculator_factory("gfn2"), max_force=0.005)
    found = frequencies(end.atoms, calculator_factory("gfn2"))
    assert len(found) == count
    assert (found > 100).all()


def test_frequencies_agree_with_those_of_ase(molecules, tmp_path):
    from ase.vibrations import Vibrations

    end = relax(molecule("H2O"), calculator_factory("gfn2"), max_force=0.005)
    atoms = end.atoms
    ours = frequencies(atoms, calculator_factory("gfn2"))
    atoms.calc = calculator_factory("gfn2")()
    reference = Vibrations(atoms, name=str(tmp_path / "vib"))
    reference.run()
    theirs = np.sort(reference.get_frequencies().real)[-3:]
    np.testing.assert_allclose(ours, theirs, rtol=2e-3)


def test_a_transition_state_has_one_imaginary_mode(molecules):
    planar = molecule("NH3")
    planar.positions[0, 2] = planar.positions[1, 2]
    data = atoms_to_data(planar)
    asis = Vibrational(relax_first=False)(data.pos, data)
    assert asis["imaginary_modes"].item() == 1
    assert asis["is_minimum"].item() == 0
    assert asis["lowest_frequency"].item() < -300
    pyramid = atoms_to_data(molecule("NH3"))
    relaxed = Vibrational()(pyramid.pos, pyramid)
    assert relaxed["is_minimum"].item() == 1


def test_vibrations_of_a_broken_structure_are_nan():
    data = lennard_jones_dimer(1.2)
    for first in (True, False):
        found = Vibrational(**lj(), relax_first=first)(data.pos * math.nan, data)
        assert found["is_minimum"].isnan().all()


@pytest.mark.parametrize(
    "calculator", ["emt", "ase.calculators.emt:EMT", "ase.calculators.emt.EMT", EMT]
)
def test_calculators_by_name_dotted_name_and_class(calculator):
    assert isinstance(calculator_factory(calculator)(), EMT)


@pytest.mark.parametrize("name", ["gfn3", "no.such.module:Calc", "ase.calculators.emt:NoSuch"])
def test_an_unknown_calculator_names_the_choices(name):
    with pytest.raises(ValueError, match=r"`calculator` must be 'gfn2'.*a name that ASE knows"):
        calculator_factory(name)


def test_missing_fields_are_named():
    data = lennard_jones_dimer(1.2)
    with pytest.raises(ValueError, match=r"`data` must have atomic numbers as `data.z`"):
        SinglePoint(**lj())(data.pos, Data(pos=data.pos))
    with pytest.raises(ValueError, match=r"`data` must have positions as `data.pos`"):
        SinglePoint(**lj())(data.pos, Data(z=data.z))
    with pytest.raises(ValueError, match=r"`pos` must have shape \(2, 3\), got \(3, 3\)"):
        SinglePoint(**lj())(torch.zeros(3, 3), data)


def test_rmsd_is_blind_to_rotation_and_sees_reflection():
    generator = torch.Generator().manual_seed(0)
    pos = torch.randn(7, 3, generator=generator)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=generator))[0]
    turn = turn * torch.linalg.det(turn)
    assert aligned_rmsd(pos @ turn + 2.0, pos) < 1e-6
    assert aligned_rmsd(-pos, pos) > 0.1
    assert aligned_rmsd(-pos, pos, allow_reflection=True) < 1e-6


def test_evaluators_are_found_by_name():
    assert {"ase", "emt", "gfn2", "relax", "vibrations"} <= set(registry.names("evaluator"))
    assert isinstance(registry.create("evaluator", "ase", calculator="emt"), SinglePoint)
    assert isinstance(registry.create("evaluator", "pyg-energyloss-ase:emt"), SinglePoint)
