"""Data for other programs: what is written is what was given, in the order the program reads."""

import pickle

import numpy as np
import pytest
import torch

from pyg_energyloss.data import qm9_small
from pyg_energyloss.hosts.export import HOSTS, export_for

SIZES = {"train": 12, "val": 4, "test": 4}


@pytest.fixture(scope="module")
def splits():
    found = qm9_small()
    return {name: [found[name][i] for i in range(size)] for name, size in SIZES.items()}


def test_edm_gets_padded_arrays(splits, tmp_path):
    export_for("edm", splits, tmp_path)
    for name, part in {"train": "train", "valid": "val", "test": "test"}.items():
        with np.load(tmp_path / f"qm9/{name}.npz") as found:
            for row, molecule in enumerate(splits[part]):
                atoms = len(molecule.z)
                assert found["num_atoms"][row] == atoms
                assert found["charges"][row, :atoms].tolist() == molecule.z.tolist()
                assert not found["charges"][row, atoms:].any()
                assert np.allclose(found["positions"][row, :atoms], molecule.pos.numpy())


def test_midi_gets_qm9_as_it_is_published(splits, tmp_path):
    chem = pytest.importorskip("rdkit.Chem", reason="needs rdkit")
    export_for("midi", splits, tmp_path)
    supplier = chem.SDMolSupplier(str(tmp_path / "raw/gdb9.sdf"), removeHs=False, sanitize=False)
    written = list(supplier)
    given = [molecule for part in splits.values() for molecule in part]
    assert len(written) == len(given)
    for theirs, ours in zip(written, given, strict=True):
        assert [a.GetAtomicNum() for a in theirs.GetAtoms()] == ours.z.tolist()
        assert np.allclose(theirs.GetConformer().GetPositions(), ours.pos.numpy(), atol=1e-4)
        assert 2 * theirs.GetNumBonds() == ours.edge_index.size(1)
    # Rows of the tables are molecules of the SDF; nothing is skipped, read as MiDi reads it.
    rows = (tmp_path / "raw/val.csv").read_text().splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == [12, 13, 14, 15]
    assert (tmp_path / "raw/uncharacterized.txt").read_text().split("\n")[9:-2] == []


def test_flowmol_gets_the_atoms_and_bonds_of_all_molecules_one_after_another(splits, tmp_path):
    pytest.importorskip("rdkit", reason="needs rdkit")
    export_for("flowmol", splits, tmp_path)
    found = torch.load(tmp_path / "val_data_processed.pt", weights_only=True)
    for row, ours in enumerate(splits["val"]):
        atoms, bonds = (slice(*found[f"{kind}_idx_array"][row]) for kind in ("node", "edge"))
        assert torch.allclose(found["positions"][atoms], ours.pos, atol=1e-4)
        kinds = torch.tensor([6, 1, 7, 8, 9])[found["atom_types"][atoms].int().argmax(1)]
        assert kinds.tolist() == ours.z.tolist()
        assert (found["bond_idxs"][bonds][:, 0] < found["bond_idxs"][bonds][:, 1]).all()
        assert 2 * len(found["bond_idxs"][bonds]) == ours.edge_index.size(1)
    sizes, counts = torch.load(tmp_path / "val_data_n_atoms_histogram.pt", weights_only=True)
    assert (sizes * counts).sum() == len(found["positions"])
    shares = torch.load(tmp_path / "val_data_marginal_dists.pt", weights_only=True)
    assert all(float(share.sum()) == pytest.approx(1.0) for share in shares[:3])
    assert shares[3].shape == (5, 6)


def test_jodo_gets_raw_files_and_splits_that_name_all_their_molecules(splits, tmp_path):
    chem = pytest.importorskip("rdkit.Chem", reason="needs rdkit")
    export_for("jodo", splits, tmp_path)
    supplier = chem.SDMolSupplier(str(tmp_path / "raw/gdb9.sdf"), removeHs=False, sanitize=False)
    # The table as JODO reads it: a name and 19 numbers for each molecule.
    rows = (tmp_path / "raw/gdb9.sdf.csv").read_text().split("\n")[1:-1]
    assert [len([float(x) for x in row.split(",")[1:20]]) for row in rows] == [19] * len(supplier)
    parts = torch.load(tmp_path / "processed/split_dict_qm9.pt", weights_only=True)
    assert {name: len(part) for name, part in parts.items()} == {"train": 12, "valid": 4, "test": 4}
    assert torch.cat(list(parts.values())).tolist() == list(range(len(supplier)))
    assert sorted(path.name for path in (tmp_path / "raw").iterdir()) == [
        "gdb9.sdf",
        "gdb9.sdf.csv",
        "uncharacterized.txt",
    ]


def test_etflow_gets_a_smiles_that_numbers_its_atoms(splits, tmp_path):
    chem = pytest.importorskip("rdkit.Chem", reason="needs rdkit")
    written = export_for("etflow", splits, tmp_path)
    assert len(written) == sum(SIZES.values())
    parameters = chem.SmilesParserParams()
    parameters.removeHs = False
    given = [molecule for part in splits.values() for molecule in part]
    for path, ours in zip(written, given, strict=True):
        data = torch.load(path, weights_only=False)
        assert torch.allclose(data.pos[0], ours.pos)
        assert data.atomic_numbers.tolist() == ours.z.tolist()
        theirs = chem.MolFromSmiles(data.smiles, parameters)
        places = {atom.GetAtomMapNum() - 1: atom.GetAtomicNum() for atom in theirs.GetAtoms()}
        assert [places[i] for i in range(len(ours.z))] == ours.z.tolist()
        for bond in theirs.GetBonds():
            ends = (bond.GetBeginAtom(), bond.GetEndAtom())
            first, second = (atom.GetAtomMapNum() - 1 for atom in ends)
            assert (ours.pos[first] - ours.pos[second]).norm() < 1.75


@pytest.mark.parametrize(
    ("host", "name"),
    [("semlaflow", "raw/train_data.pickle"), ("tabasco", "processed_geom_train.pt")],
)
def test_lists_of_rdkits_molecules(host, name, splits, tmp_path):
    pytest.importorskip("rdkit", reason="needs rdkit")
    export_for(host, splits, tmp_path)
    path = tmp_path / name
    if path.suffix == ".pt":
        found = [pair[1] for pair in torch.load(path, weights_only=False)]
    else:
        found = [pair[1][0] for pair in pickle.loads(path.read_bytes())]  # noqa: S301 - our own
    for theirs, ours in zip(found, splits["train"], strict=True):
        assert np.allclose(theirs.GetConformer().GetPositions(), ours.pos.numpy())


def test_hosts_and_splits_are_named(splits, tmp_path):
    known = {"diffcsp", "edm", "etflow", "flowmol", "jodo", "midi", "semlaflow", "tabasco"}
    assert set(HOSTS) == known
    with pytest.raises(ValueError, match=r"`host` must be one of diffcsp, edm, .*, got 'gcdm'"):
        export_for("gcdm", splits, tmp_path)
    with pytest.raises(ValueError, match=r"`splits` must have .*; none for val, test"):
        export_for("edm", {"train": splits["train"], "val": []}, tmp_path)


def test_diffcsp_gets_tables_of_cif_text(tmp_path):
    from pyg_energyloss.data.crystals.named import perov_5_small
    from pyg_energyloss.data.crystals.table import CrystalTable

    pytest.importorskip("gemmi", reason="needs gemmi")
    found = perov_5_small()
    given = {name: [found[name][i] for i in range(3)] for name in SIZES}
    export_for("diffcsp", given, tmp_path)
    for name, crystals in given.items():
        written = CrystalTable.read_csv(tmp_path / f"{name}.csv")
        assert written.z.tolist() == torch.cat([c.z for c in crystals]).tolist()
        cells = torch.cat([c.cell for c in crystals])
        metric = torch.from_numpy(written.cell) @ torch.from_numpy(written.cell).mT
        assert torch.allclose(metric, (cells @ cells.mT).double(), atol=1e-4)
        fraction = [c.pos.double() @ torch.linalg.inv(c.cell[0].double()) for c in crystals]
        assert np.allclose(written.fraction, torch.cat(fraction), atol=1e-6)
    header = (tmp_path / "val.csv").read_text().splitlines()[0]
    assert header == "material_id,heat_ref,energy_per_atom,formation_energy_per_atom,cif"


def test_diffcsp_wants_crystals(splits, tmp_path):
    with pytest.raises(ValueError, match=r"`cell` is missing: DiffCSP reads crystals"):
        export_for("diffcsp", splits, tmp_path)
