"""``energyloss export``: whole folders, and mistakes told in words."""

import numpy as np
import pytest

from pyg_energyloss.cli import main
from pyg_energyloss.data import qm9_small
from pyg_energyloss.hosts.export import HOSTS


def export(host, data, out, *more):
    return main(["export", "--host", host, str(data), str(out), *more])


def test_the_folder_has_the_first_molecules_and_the_host_is_told_where(tmp_path, capsys):
    out = tmp_path / "new" / "edm"
    assert export("edm", "qm9_small", out, "--limit", "3") == 0
    with np.load(out / "qm9" / "test.npz") as found:
        assert found["num_atoms"].tolist() == [len(qm9_small()["test"][n].z) for n in range(3)]
    said = capsys.readouterr().out
    assert f"{out} is: {HOSTS['edm']}" in said
    assert "3 train, 3 val, 3 test" in said
    assert [path.name for path in out.parent.iterdir()] == ["edm"]


@pytest.mark.parametrize("host", HOSTS)
def test_each_host_gets_its_files(host, tmp_path):
    pytest.importorskip("rdkit")
    out = tmp_path / host
    out.mkdir()
    data = "perov_5_small" if host == "diffcsp" else "qm9_small"
    assert export(host, data, out, "--limit", "2") == 0
    assert any(out.iterdir())


def test_a_folder_that_holds_something_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine").write_text("kept")
    assert export("edm", "qm9_small", tmp_path, "--limit", "2") == 1
    assert "DIR must be a new or an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_export_that_fails_halfway_leaves_nothing(tmp_path, monkeypatch, capsys):
    def full(path, content):
        raise OSError(28, "No space left on device", str(path))

    from pyg_energyloss.hosts.export import edm

    monkeypatch.setattr(edm, "write_bytes", full)
    assert export("edm", "qm9_small", tmp_path / "out", "--limit", "2") == 1
    assert "No space left on device" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_files_without_bonds_are_written_too(tmp_path):
    atoms = "".join(f"2\n\nH 0 0 0\nH 0 0 {0.7 + n / 100}\n" for n in range(20))
    (tmp_path / "pairs.xyz").write_text(atoms)
    assert export("edm", tmp_path / "pairs.xyz", tmp_path / "out") == 0
    with np.load(tmp_path / "out" / "qm9" / "train.npz") as found:
        assert found["charges"].tolist() == [[1, 1]] * 16


def test_a_missing_file_is_named(tmp_path, capsys):
    assert export("edm", tmp_path / "none.sdf", tmp_path / "out") == 1
    assert "none.sdf" in capsys.readouterr().err


def test_the_help_says_what_the_folder_is_to_each_host(capsys):
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    said = capsys.readouterr().out
    for host, what in HOSTS.items():
        assert host in said
        assert what in said
