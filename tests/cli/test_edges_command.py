import json
from pathlib import Path

import pytest

from pyg_energyloss.cli import main
from pyg_energyloss.report import rebuild


@pytest.fixture
def water(tmp_path):
    path = tmp_path / "water.xyz"
    path.write_text("3\nwater\nO 0 0 0.12\nH 0 0.76 -0.48\nH 0 -0.76 -0.48\n")
    return path


def test_a_table_for_a_data_set(capsys):
    arguments = ["qm9_small", "--sampler", "backbone,k_regular", "--limit", "3"]
    assert main(["edges", *arguments, "--complete-below", "0"]) == 0
    printed = capsys.readouterr().out
    backbone = next(line for line in printed.splitlines() if "backbone" in line)
    regular = next(line for line in printed.splitlines() if "k_regular" in line)
    assert backbone.split()[2:5] == ["100", "100", "100*"]
    assert "3.00" in regular


def test_the_full_report_of_one_structure(water, capsys):
    pytest.importorskip("ase")
    assert main(["edges", str(water)]) == 0
    printed = capsys.readouterr().out
    assert "3 atoms, 3 pairs (1.00 per atom), planar" in printed
    assert "universally rigid" in printed


def test_files_and_machine_readable_output(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    arguments = ["druglike", "--sampler", "lateration", "--limit", "2", "--out", str(tmp_path)]
    assert main(["edges", *arguments, "--json"]) == 0
    printed = capsys.readouterr().out
    document = json.loads(printed)
    assert document == json.loads((tmp_path / "edges.json").read_text())
    assert all(r["universally_rigid"] for r in document["samplers"]["lateration"])
    assert (tmp_path / "plots" / "spectrum.png").stat().st_size > 10_000
    page = (tmp_path / "report.html").read_text()
    assert "Spectrum" in page
    assert rebuild(tmp_path).read_text() == page


def test_what_the_user_can_mend(tmp_path, water, capsys):
    pytest.importorskip("ase")
    assert main(["edges", "nowhere"]) == 1
    assert "neither a file nor a data set" in capsys.readouterr().err
    assert main(["edges", str(water), "--sampler", "knn", "--option", "kk=3"]) == 1
    assert "has no option 'kk'; it has dim, k" in capsys.readouterr().err
    broken = tmp_path / "broken.xyz"
    broken.write_text("three\n")
    assert main(["edges", str(broken)]) == 1
    assert "broken.xyz: not readable as extxyz" in capsys.readouterr().err
    hole = tmp_path / "hole.xyz"
    hole.write_text("2\n\nH 0 0 0\nH 0 0 nan\n")
    assert main(["edges", str(hole)]) == 1
    assert "position of atom 1 is [0.0, 0.0, nan], expected finite" in capsys.readouterr().err
    crystal = tmp_path / "crystal.extxyz"
    crystal.write_text('1\nLattice="3 0 0 0 3 0 0 0 3" Properties=species:S:1:pos:R:3\nFe 0 0 0\n')
    assert main(["edges", str(crystal)]) == 1
    assert "is periodic" in capsys.readouterr().err


def test_an_sdf_of_empty_molecules_is_an_error_in_words(tmp_path, capsys):
    pytest.importorskip("rdkit")
    record = "\n  x 3D\n\n  0  0  0  0  0  0  0  0  0  0999 V2000\nM  END\n$$$$\n"
    (tmp_path / "empty.sdf").write_text(2 * record)
    assert main(["edges", str(tmp_path / "empty.sdf")]) == 1
    assert "empty.sdf structure 0: has 0 atom(s)" in capsys.readouterr().err


def test_a_protein_file_is_read_with_its_residues(capsys):
    pytest.importorskip("gemmi")
    crambin = Path(__file__).parents[2] / "examples" / "data" / "1crn_ca.pdb"
    assert main(["edges", str(crambin)]) == 0
    assert "46 atoms" in capsys.readouterr().out
