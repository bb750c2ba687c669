import gzip
from pathlib import Path

import numpy as np
import pytest
import torch

from pyg_energyloss.data import MoleculeTable, read_data, read_molecules, read_structures

CRAMBIN = Path(__file__).parents[3] / "examples" / "data" / "1crn_ca.pdb"
PDB = """\
MODEL        1
ATOM      1  N   GLY A   1       0.000   0.000   0.000  1.00  0.00           N
ATOM      2  CA AGLY A   1       1.450   0.000   0.000  0.50  0.00           C
ATOM      3  CA BGLY A   1       1.450   0.100   0.000  0.50  0.00           C
ATOM      4  N   ALA B   7       0.000   4.000   0.000  1.00  0.00           N
HETATM    5 ZN    ZN B   8       0.000   8.000   0.000  1.00  0.00          ZN2+
ENDMDL
MODEL        2
ATOM      1  N   GLY A   1       0.000   0.000   1.000  1.00  0.00           N
ATOM      2  CA  GLY A   1       1.450   0.000   1.000  1.00  0.00           C
ENDMDL
END
"""
SALT = """\
data_salt
_cell_length_a 5.6
_cell_length_b 5.6
_cell_length_c 5.6
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'P 1'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na1 Na 0 0 0
Cl1 Cl 0.5 0.5 0.5
"""


def mmcif(tmp_path):
    gemmi = pytest.importorskip("gemmi")
    path = tmp_path / "two.cif"
    path.write_text(gemmi.read_pdb_string(PDB).make_mmcif_document().as_string())
    return path


def pdb(tmp_path):
    pytest.importorskip("gemmi")
    path = tmp_path / "two.pdb.gz"
    with gzip.open(path, "wt") as stream:
        stream.write(PDB)
    return path


@pytest.mark.parametrize("write", [pdb, mmcif])
def test_pdb_and_mmcif_give_elements_places_chains_and_residues_of_every_model(tmp_path, write):
    first, second = read_structures(write(tmp_path))
    assert first.z.tolist() == [7, 6, 7, 30]  # of two alternative places the first
    assert first.pos.tolist() == [[0, 0, 0], [1.45, 0, 0], [0, 4, 0], [0, 8, 0]]
    assert first.chain.tolist() == [0, 0, 1, 1]
    assert first.residue.tolist() == [1, 1, 7, 8]
    assert first.residue_name.tolist() == ["GLY", "GLY", "ALA", "ZN"]
    assert first.atom_name.tolist() == ["N", "CA", "N", "ZN"]
    assert first.charge == 2
    assert second.pos[:, 2].tolist() == [1, 1]
    data = first.to_data()
    assert data.chain.tolist() == [0, 0, 1, 1]
    assert data.residue.tolist() == [1, 1, 7, 8]


def test_the_protein_of_the_examples():
    pytest.importorskip("gemmi")
    (crambin,) = read_structures(CRAMBIN)
    assert len(crambin.z) == 46
    assert set(crambin.atom_name) == {"CA"}
    assert crambin.residue.tolist() == list(range(1, 47))


def test_a_crystal_keeps_its_cell_and_is_refused_as_a_molecule(tmp_path):
    pytest.importorskip("ase")
    path = tmp_path / "salt.cif"
    path.write_text(SALT)
    (data,) = read_data(path)
    assert data.z.tolist() == [11, 17]
    torch.testing.assert_close(data.cell, 5.6 * torch.eye(3)[None])
    assert data.pbc.tolist() == [[True, True, True]]
    with pytest.raises(ValueError, match=r"salt\.cif structure 0: is periodic.*pbc=\"F F F\""):
        read_molecules(path)


def test_npz_holds_a_structure_or_frames_or_a_table(tmp_path):
    z, frames = np.array([8, 1, 1]), np.random.default_rng(0).normal(size=(2, 3, 3))
    np.savez(tmp_path / "one.npz", z=z, pos=frames[0])
    np.savez(tmp_path / "md17.npz", z=z.astype(np.uint8), R=frames)
    np.savez(tmp_path / "rmd17.npz", nuclear_charges=z, coords=frames)
    assert [len(read_structures(tmp_path / f"{n}.npz")) for n in ("one", "md17", "rmd17")] == [
        1,
        2,
        2,
    ]
    np.testing.assert_array_equal(read_structures(tmp_path / "md17.npz")[1].pos, frames[1])
    np.savez(tmp_path / "h2.npz", z=np.array([1, 1]), pos=np.array([[0.0, 0, 0], [0.74, 0, 0]]))
    pytest.importorskip("rdkit")
    table = MoleculeTable.from_molecules(read_molecules(tmp_path / "h2.npz"))
    path = tmp_path / "table.npz"
    path.write_bytes(table.to_bytes()[0])
    (again,) = read_molecules(path)
    assert sorted(again.bonds[0].tolist()) == [0, 1]
    assert again.group == "0"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"z": np.ones(2)}, "expected arrays z and pos, or z and R, or .*; got z"),
        ({"z": np.ones(2), "pos": np.zeros((3, 3))}, r"positions \[num_frames, 2, 3\]"),
        ({"z": np.array([None])}, "expected arrays"),
    ],
)
def test_other_npz_files_are_told_what_is_expected(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        read_structures(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("name", "content", "extra"),
    [("a.npz", b"no zip", "numpy"), ("a.pdb", b"HEADER\nEND\n", "gemmi"), ("a.xyz", b"", "ase")],
)
def test_files_without_a_structure_are_named(tmp_path, name, content, extra):
    pytest.importorskip(extra)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"{name}: (is no npz|has no)"):
        read_structures(tmp_path / name)


def test_structures_of_two_files_in_a_folder_are_two_molecules(tmp_path):
    pytest.importorskip("ase")
    pytest.importorskip("rdkit")
    for name in ("a.xyz", "b.xyz"):
        (tmp_path / name).write_text("2\n\nH 0 0 0\nH 0 0 0.74\n")
    first, second = read_molecules(tmp_path)
    assert first.group != second.group


def test_structures_come_back_as_they_were_written_also_what_is_broken(tmp_path):
    pytest.importorskip("ase")
    path = tmp_path / "a.xyz"
    path.write_text("2\n\nX 0 0 nan\nH 0 0 0\n")
    (data,) = read_data(path)
    assert data.z.tolist() == [0, 1]
    assert data.pos.isnan().sum() == 1
