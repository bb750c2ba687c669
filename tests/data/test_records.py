import numpy as np
import pytest

from pyg_energyloss.data import Molecule, MoleculeTable


def water(name="w", group="w"):
    pos = np.array([[0.0, 0.0, 0.117], [0.0, 0.757, -0.47], [0.0, -0.757, -0.47]])
    bonds = np.array([[0, 1], [0, 2]])
    return Molecule(np.array([8, 1, 1]), pos, bonds, np.array([1, 1]), name, group)


def test_a_table_survives_a_round_trip_to_1e5_of_an_angstrom(tmp_path):
    table = MoleculeTable.from_molecules([water("a", "x"), water("b", "y"), water("c", "x")])
    content, digest = table.to_bytes()
    (tmp_path / "t.npz").write_bytes(content)
    read = MoleculeTable.load(tmp_path / "t.npz")
    assert len(read) == 3
    for name in ("z", "atom_ptr", "bonds", "bond_type", "bond_ptr", "charge", "group", "name"):
        np.testing.assert_array_equal(getattr(read, name), getattr(table, name), err_msg=name)
    centred = table.pos[:3] - table.pos[:3].mean(0)
    np.testing.assert_allclose(read.pos[:3], centred, atol=1e-5)
    assert table.group[0] == table.group[2] != table.group[1]
    assert digest == table.to_bytes()[1]


def test_no_molecules_is_an_error():
    with pytest.raises(ValueError, match="`molecules` is empty"):
        MoleculeTable.from_molecules([])


def test_a_file_that_is_not_a_table_is_named(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(b"not a zip file")
    with pytest.raises(ValueError, match=r"x\.npz is not a molecule table"):
        MoleculeTable.load(path)
