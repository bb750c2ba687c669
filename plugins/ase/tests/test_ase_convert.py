"""Converters keep cells, tags and fixed atoms; trajectories open in `ase gui`."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from ase.build import add_adsorbate, bulk, fcc111, molecule
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.io import read
from pyg_energyloss_ase import (
    atoms_to_data,
    batch_to_atoms,
    data_to_atoms,
    write_structures,
    write_trajectory,
)
from torch_geometric.data import Batch, Data


@pytest.fixture
def slab():
    atoms = fcc111("Cu", (2, 2, 3), vacuum=6.0)
    add_adsorbate(atoms, "O", 1.2, "fcc")
    atoms.set_constraint(FixAtoms(mask=atoms.get_tags() == 3))
    atoms.set_initial_magnetic_moments(np.arange(len(atoms)))
    atoms.set_array("site", np.arange(len(atoms)) % 4)
    atoms.info["system"] = "slab"
    return atoms


def same(a, b):
    assert (a.numbers == b.numbers).all()
    np.testing.assert_array_equal(a.positions, b.positions)
    np.testing.assert_array_equal(a.cell.array, b.cell.array)
    np.testing.assert_array_equal(a.pbc, b.pbc)
    np.testing.assert_array_equal(a.get_tags(), b.get_tags())
    np.testing.assert_array_equal(
        a.get_initial_magnetic_moments(), b.get_initial_magnetic_moments()
    )


def test_round_trip_keeps_cell_tags_moments_and_fixed_atoms(slab):
    back = data_to_atoms(atoms_to_data(slab, dtype=torch.float64))
    same(slab, back)
    (fixed,) = back.constraints
    np.testing.assert_array_equal(fixed.get_indices(), slab.constraints[0].get_indices())


def test_batches_keep_each_structure_apart(slab):
    others = [slab, bulk("NaCl", "rocksalt", a=5.6, cubic=True), molecule("H2O")]
    for atoms in others:
        atoms.set_tags(atoms.get_tags())
        atoms.set_initial_magnetic_moments(atoms.get_initial_magnetic_moments())
        atoms.set_constraint()
    batch = Batch.from_data_list([atoms_to_data(a, dtype=torch.float64) for a in others])
    assert batch.cell.shape == (3, 3, 3)
    for atoms, back in zip(others, batch_to_atoms(batch), strict=True):
        same(atoms, back)


def test_named_arrays_and_info_travel(slab):
    data = atoms_to_data(slab, arrays=["site"], info=["system"])
    assert data.system == "slab"
    assert data.site.tolist() == slab.arrays["site"].tolist()
    back = data_to_atoms(data, arrays=["site"])
    assert back.arrays["site"].tolist() == slab.arrays["site"].tolist()
    with pytest.raises(KeyError, match="`arrays` names nothing, which the structure has not"):
        atoms_to_data(slab, arrays=["nothing"])
    with pytest.raises(KeyError, match="`info` names nothing"):
        atoms_to_data(slab, info=["nothing"])
    with pytest.raises(KeyError, match="`arrays` names nothing"):
        data_to_atoms(data, arrays=["nothing"])


def test_results_of_a_calculator_travel_and_nothing_is_computed():
    copper = bulk("Cu", cubic=True)
    copper.calc = EMT()
    assert "energy" not in atoms_to_data(copper)
    energy, forces = copper.get_potential_energy(), copper.get_forces()
    data = atoms_to_data(copper, dtype=torch.float64)
    assert data.energy.item() == energy
    np.testing.assert_array_equal(data.forces.numpy(), forces)


def test_predicted_positions_replace_the_true_ones():
    data = atoms_to_data(molecule("H2O"))
    assert data_to_atoms(data, pos=data.pos + 1).positions == pytest.approx(data.pos.numpy() + 1)


def test_cells_without_pbc_are_periodic_where_they_have_volume():
    data = Data(z=torch.tensor([6]), pos=torch.zeros(1, 3), cell=3 * torch.eye(3)[None])
    assert data_to_atoms(data).pbc.all()
    data.cell = torch.zeros(1, 3, 3)
    assert not data_to_atoms(data).pbc.any()


def test_wrong_shapes_are_named():
    data = atoms_to_data(molecule("H2O"))
    with pytest.raises(ValueError, match="`data` must be one graph, got a batch of 2"):
        data_to_atoms(Batch.from_data_list([data, data]))
    data.cell = torch.zeros(2, 3, 3)
    with pytest.raises(ValueError, match=r"`data.cell` must have shape \(1, 3, 3\)"):
        data_to_atoms(data)


@pytest.mark.parametrize("suffix", [".traj", ".extxyz"])
def test_trajectories_open_in_ase_gui(tmp_path, suffix):
    data = atoms_to_data(molecule("C2H6"), dtype=torch.float64)
    frames = [data.pos * scale for scale in (1.5, 1.2, 1.0)]
    path = write_trajectory(tmp_path / f"sub/x{suffix}", data, frames, energies=[3.0, 2.0, 0.0])
    read_back = read(path, index=":")
    assert [a.get_potential_energy() for a in read_back] == [3.0, 2.0, 0.0]
    np.testing.assert_allclose(read_back[0].positions, frames[0].numpy(), atol=1e-7)
    shown = subprocess.run(
        [sys.executable, "-m", "ase", "gui", "--terminal", "--graph", "i,e", str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert [float(line.split()[1]) for line in shown.stdout.splitlines()] == [3.0, 2.0, 0.0]


def test_structures_are_written_prediction_then_truth(tmp_path):
    data = [atoms_to_data(molecule(name), dtype=torch.float64) for name in ("H2O", "NH3")]
    batch = Batch.from_data_list(data)
    path = write_structures(tmp_path / "both.extxyz", batch, batch.pos + 1)
    found = read(path, index=":")
    assert [str(a.symbols) for a in found] == ["OH2", "OH2", "NH3", "NH3"]
    np.testing.assert_allclose(found[0].positions - found[1].positions, 1.0, atol=1e-7)
    assert len(read(write_structures(tmp_path / "truth.extxyz", batch), index=":")) == 2


def test_wrong_frames_are_named(tmp_path):
    data = atoms_to_data(molecule("H2O"))
    with pytest.raises(ValueError, match="`frames` must have at least one frame"):
        write_trajectory(tmp_path / "x.traj", data, [])
    with pytest.raises(ValueError, match="`energies` must have one value per frame, 1; got 2"):
        write_trajectory(tmp_path / "x.traj", data, [data.pos], energies=[0.0, 1.0])
