import gzip

import numpy as np
import pytest

from pyg_energyloss.data import read_molecules

pytest.importorskip("ase")
pytest.importorskip("rdkit")

WATER = "3\n{}\nO 0 0 0.117\nH 0 0.757 -0.47\nH 0 -0.757 -0.47\n"
CARBON_MONOXIDE = "2\n\nC 0 0 0\nO 0 0 1.13\n"
HEAD = "\n  program {}\n\n  {}  {}  0  0  0  0  0  0  0  0999 V2000\n"
ATOM = "    {:.4f}    {:.4f}    {:.4f} {}   0  0  0  0  0  0  0  0  0  0  0  0\n"
EMPTY = HEAD.format("3D", 0, 0) + "M  END\n$$$$\n"
FLAT = (
    HEAD.format("2D", 2, 1)
    + ATOM.format(0, 0, 0, "C")
    + ATOM.format(1, 0, 0, "O")
    + "  1  2  1  0\nM  END\n$$$$\n"
)
FIVE = (
    HEAD.format("3D", 6, 5)
    + "".join(ATOM.format(i, i % 2, i % 3, "CHHHHH"[i]) for i in range(6))
    + "".join(f"  1  {i}  1  0\n" for i in range(2, 7))
    + "M  END\n$$$$\n"
)


def test_bonds_are_perceived_from_the_geometry(tmp_path):
    path = tmp_path / "a.xyz"
    path.write_text(WATER.format("") + WATER.format(""))
    first, second = read_molecules(path)
    assert first.z.tolist() == [8, 1, 1]
    assert sorted(map(sorted, first.bonds.tolist())) == [[0, 1], [0, 2]]
    assert first.group != second.group


def test_gzip_folders_and_groups(tmp_path):
    text = WATER.format('mol=w Properties="species:S:1:pos:R:3"') * 2
    with gzip.open(tmp_path / "b.extxyz.gz", "wt") as stream:
        stream.write(text)
    (tmp_path / "a.xyz").write_text(WATER.format(""))
    (tmp_path / "notes.txt").write_text("not a structure")
    molecules = read_molecules(tmp_path, group_key="mol")
    assert [m.group for m in molecules] == ["0", "w", "w"]


def test_sdf_keeps_its_own_bonds(tmp_path):
    chem = pytest.importorskip("rdkit.Chem")
    from rdkit.Chem import AllChem

    molecule = chem.AddHs(chem.MolFromSmiles("C=CC#N"))
    AllChem.EmbedMolecule(molecule, randomSeed=1)
    writer = chem.SDWriter(str(tmp_path / "m.sdf"))
    writer.write(molecule)
    writer.close()
    (read,) = read_molecules(tmp_path / "m.sdf")
    assert sorted(read.bond_type.tolist()) == [1, 1, 1, 1, 2, 3]
    np.testing.assert_allclose(read.pos, molecule.GetConformer().GetPositions(), atol=1e-4)


def test_unusual_bonding_still_gives_a_connected_graph(tmp_path):
    path = tmp_path / "co.xyz"
    path.write_text(CARBON_MONOXIDE)
    (read,) = read_molecules(path)
    assert sorted(read.bonds[0].tolist()) == [0, 1]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("one.xyz", "1\n\nH 0 0 0\n", r"one\.xyz structure 0: has 1 atom"),
        ("nan.xyz", "2\n\nH 0 0 0\nH 0 0 nan\n", r"position of atom 1 is \[0\.0, 0\.0, nan\]"),
        ("torn.xyz", "3\n\nH 0 0 0\n", r"torn\.xyz: not readable as extxyz"),
        ("x.xyz", "2\n\nH 0 0 0\nX 0 0 1\n", r"x\.xyz structure 0: atom 1 is no element"),
        ("what.cif", "data_x", r"what\.cif: has no structure in it"),
        ("what.abc", "data_x", r"what\.abc: ASE cannot read it"),
        ("bad.sdf", "nonsense\n\n\n$$$$\n", r"bad\.sdf structure 0"),
        ("empty.sdf", EMPTY, r"empty\.sdf structure 0: has 0 atom"),
        ("flat.sdf", FLAT, r"flat\.sdf structure 0: is a drawing in two dimensions"),
        ("five.sdf", FIVE, r"five\.sdf structure 0: RDKit cannot make sense of its bonds"),
        ("nothing.sdf", "", r"nothing\.sdf: has no structure in it"),
    ],
)
def test_bad_files_are_named_with_what_is_wrong(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_molecules(tmp_path / name)


def test_missing_files_and_empty_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.xyz"):
        read_molecules(tmp_path / "nowhere.xyz")
    with pytest.raises(FileNotFoundError, match=r"No \.extxyz, \.xyz, \.sdf, .* file"):
        read_molecules(tmp_path)
