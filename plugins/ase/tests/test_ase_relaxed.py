"""Test structures relaxed with a calculator: only they change, and a stopped run goes on."""

import json

import numpy as np
import pytest
from pyg_energyloss_ase import relaxed

from pyg_energyloss.data.named import table as load
from pyg_energyloss.data.records import Molecule, MoleculeTable

pytest.importorskip("tblite", exc_type=ImportError)


def water(stretch=1.0, group="water"):
    pos = stretch * np.array([[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]])
    z, bonds = np.array([8, 1, 1]), np.array([[0, 1], [0, 2]])
    return Molecule(z, pos, bonds, np.array([1, 1]), name=group, group=group, charge=0)


def test_relaxed_water_has_the_bonds_of_gfn2():
    found = relaxed.relaxed_structure(water(1.1), max_force=0.01)
    lengths = np.linalg.norm(found[1:] - found[0], axis=1)
    assert np.allclose(lengths, 0.959, atol=0.005)


@pytest.mark.parametrize(
    ("molecule", "options", "reason"),
    [
        (water(1.1), {"max_steps": 1}, "not converged in 1 steps"),
        (water(1.4), {}, "a bond changed by more than 0.25"),
        (water(float("nan")), {}, "the calculator failed"),
    ],
)
def test_what_cannot_be_relaxed_says_why(molecule, options, reason):
    assert reason in relaxed.relaxed_structure(molecule, **options)


@pytest.fixture
def packed(tmp_path):
    molecules = [water(1 + i / 100, group=str(i)) for i in range(5)]
    path = tmp_path / "five.npz"
    path.write_bytes(MoleculeTable.from_molecules(molecules).to_bytes()[0])
    return path


def test_rows_that_are_not_there_are_an_error(packed, tmp_path):
    with pytest.raises(ValueError, match=r"`rows` must be between 0 and 4.*got \[7\]"):
        relaxed.relax_table(packed, tmp_path / "out.npz", rows=[1, 7])


@pytest.mark.slow
def test_only_the_test_molecules_change_and_a_stopped_run_goes_on(packed, tmp_path, monkeypatch):
    monkeypatch.setattr(relaxed, "CHUNK", 1)
    before, out = MoleculeTable.load(packed), tmp_path / "relaxed.npz"

    def stop(_done, _parts):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        relaxed.relax_table(packed, out, rows=[2, 4], max_steps=20, workers=1, report=stop)
    assert list(tmp_path.glob(".relaxed.*.parts/*.json"))
    after = relaxed.relax_table(packed, out, rows=[2, 4], max_steps=20, workers=1)
    moved = np.abs(after.pos - before.pos).reshape(5, -1).max(axis=1) > 1e-3
    assert moved.tolist() == [False, False, True, False, True]
    said = json.loads(out.with_suffix(".json").read_text())
    assert (said["relaxed"], said["failed"]) == ([2, 4], {})
    assert not list(tmp_path.glob(".relaxed.*"))
    for name, part in load(out).items():
        assert [int(d.mol_id) for d in part] == [int(d.mol_id) for d in load(packed)[name]]
