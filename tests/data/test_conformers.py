"""Structures from SMILES: whole, resumed, split by scaffold."""

import json

import numpy as np
import pytest

from pyg_energyloss import registry
from pyg_energyloss.data import conformers

pytest.importorskip("rdkit")
SMILES = ["CCO", "OCC", "c1ccccc1C", "c1ccccc1CC", "CC(=O)N", "C1CC1", "CCN", "this is none"]


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(conformers, "CHUNK", 3)


def test_a_structure_has_chemical_bond_lengths_and_its_scaffold():
    toluene = conformers.conformer("Cc1ccccc1")
    ends = toluene.pos[toluene.bonds]
    lengths = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    aromatic = toluene.bond_type == 4
    assert aromatic.sum() == 6
    assert np.allclose(lengths[aromatic], 1.395, atol=0.02)
    assert toluene.group == "c1ccccc1"


def test_what_gives_no_structure_says_why():
    assert conformers.conformer("C(") == conformers.Failure("C(", "not a valid SMILES")
    assert conformers.conformer("[Xe]F").reason == "MMFF94 lacks parameters"


@pytest.mark.usefixtures("small_parts")
def test_the_table_is_read_by_name_and_split_by_scaffold(tmp_path):
    out = tmp_path / "few.npz"
    table = conformers.build_conformers(SMILES, out, workers=1)
    said = json.loads(out.with_suffix(".json").read_text())
    assert (said["molecules"], said["repeated"]) == (6, 1)
    assert said["failed"] == {"not a valid SMILES": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["few.json", "few.npz"]
    toluene, ethylbenzene = (list(table.name).index(s) for s in ("Cc1ccccc1", "CCc1ccccc1"))
    assert table.group[toluene] == table.group[ethylbenzene]
    splits = registry.create("dataset", "table", path=str(out))
    assert sum(len(part) for part in splits.values()) == 6


@pytest.mark.usefixtures("small_parts")
def test_a_stopped_run_goes_on_and_gives_the_same_bytes(tmp_path):
    whole, resumed = tmp_path / "whole.npz", tmp_path / "resumed.npz"
    conformers.build_conformers(SMILES, whole, workers=1)

    def stop(_done, _parts):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        conformers.build_conformers(SMILES, resumed, workers=1, report=stop)
    kept = {path.name for path in tmp_path.glob(".resumed.*/*.json")}
    assert kept
    conformers.build_conformers(SMILES, resumed, workers=1)
    assert resumed.read_bytes() == whole.read_bytes()


def test_no_molecule_at_all_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="`smiles` is empty"):
        conformers.build_conformers([], tmp_path / "none.npz")
    with pytest.raises(ValueError, match="none of the 1 molecules gave a structure"):
        conformers.build_conformers(["C("], tmp_path / "none.npz", workers=1)


def test_smiles_are_read_from_plain_and_packed_files(tmp_path):
    import gzip

    text = "CCO ethanol\n\nCCN\n"
    (tmp_path / "a.smi").write_text(text)
    (tmp_path / "a.smi.gz").write_bytes(gzip.compress(text.encode()))
    for name in ("a.smi", "a.smi.gz"):
        assert conformers.read_smiles(tmp_path / name) == ["CCO", "CCN"]
