import numpy as np
import pytest

from pyg_energyloss import registry
from pyg_energyloss.data import frames
from pyg_energyloss.data.frames import geom_drugs, md17

METHANE = np.array([[0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 0.63
Z = np.array([6, 1, 1, 1, 1])


def drugs_file(path, conformers=8):
    rng = np.random.default_rng(0)
    rows = []
    for index in range(conformers):
        # Two conformers each of methane and of a molecule with a nitrogen in place of the carbon.
        z = Z if index // 2 % 2 == 0 else np.array([7, 1, 1, 1, 1])
        pos = METHANE + rng.normal(scale=0.01, size=(5, 3))
        rows.append(np.column_stack([np.full(5, index), z, pos]))
    np.save(path, np.concatenate(rows))
    return path


def test_geom_drugs_reads_conformers_and_keeps_those_of_a_molecule_together(tmp_path):
    splits = geom_drugs(drugs_file(tmp_path / "GEOM_drugs_30.npy"))
    sizes = [len(splits[name]) for name in ("train", "val", "test")]
    assert sum(sizes) == 8
    assert all(size % 2 == 0 for size in sizes)
    item = splits["train"][0]
    assert item.pos.shape == (5, 3)
    assert item.edge_index.shape == (2, 8)  # four bonds, both directions
    few = geom_drugs(tmp_path / "GEOM_drugs_30.npy", limit=6)
    assert sum(len(few[name]) for name in few) == 6


@pytest.mark.parametrize("chunk", [1, 5, 7, 1000])
@pytest.mark.parametrize("limit", [None, 5, 8, 100])
def test_geom_drugs_is_the_same_in_parts(tmp_path, monkeypatch, chunk, limit):
    path = drugs_file(tmp_path / "GEOM_drugs_30.npy")
    monkeypatch.setattr(frames, "CHUNK", chunk)
    table = geom_drugs(path, limit=limit, split_seed=1)["train"].table
    rows = np.load(path)[: None if limit is None else 5 * limit]
    np.testing.assert_array_equal(table.z, rows[:, 1])
    np.testing.assert_allclose(table.pos, rows[:, 2:], atol=1e-6)
    assert np.diff(table.atom_ptr).tolist() == [5] * len(table)


def test_geom_drugs_refuses_other_files(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"expected an array \[num_atoms, 5\]"):
        geom_drugs(tmp_path / "a.npy")
    with pytest.raises(FileNotFoundError):
        geom_drugs(tmp_path / "none.npy")
    np.save(tmp_path / "b.npy", np.array([{}]))
    with pytest.raises(ValueError, match="Python objects"):
        geom_drugs(tmp_path / "b.npy")


@pytest.mark.parametrize("keys", [("z", "R"), ("nuclear_charges", "coords")])
def test_md17_and_rmd17(tmp_path, keys):
    places = METHANE + np.random.default_rng(0).normal(scale=0.02, size=(20, 5, 3))
    np.savez(tmp_path / "m.npz", **{keys[0]: Z, keys[1]: places})
    splits = registry.create("dataset", "md17", path=tmp_path / "m.npz", limit=10)
    assert sum(len(splits[name]) for name in splits) == 10
    heavy = registry.create("dataset", "md17", path=tmp_path / "m.npz", hydrogens=True)
    assert heavy["train"][0].z.tolist() == Z.tolist()
    assert heavy["train"][0].edge_index.shape == (2, 8)


def test_md17_refuses_other_files(tmp_path):
    np.savez(tmp_path / "m.npz", energies=np.zeros(3))
    with pytest.raises(ValueError, match="expected arrays z and pos, or z and R"):
        md17(tmp_path / "m.npz")


def test_hydrogens_are_dropped_and_the_rest_is_as_before():
    with_all = registry.create("dataset", "qm9_small")
    without = registry.create("dataset", "qm9_small", hydrogens=False)
    table, bare = with_all["train"].table, without["train"].table
    kept = {str(name): i for i, name in enumerate(bare.name)}
    assert not (bare.z == 1).any()
    assert 0.9 * len(table) < len(bare) <= len(table)
    for row in (0, 100, 4000):
        atoms = slice(table.atom_ptr[row], table.atom_ptr[row + 1])
        heavy = table.z[atoms] != 1
        if heavy.sum() < 2:
            continue
        place = kept[str(table.name[row])]
        found = slice(bare.atom_ptr[place], bare.atom_ptr[place + 1])
        np.testing.assert_array_equal(bare.z[found], table.z[atoms][heavy])
        np.testing.assert_array_equal(bare.pos[found], table.pos[atoms][heavy])
        bonds = table.bonds[table.bond_ptr[row] : table.bond_ptr[row + 1]]
        number = np.cumsum(heavy) - 1
        expected = {tuple(number[b]) for b in bonds if heavy[b].all()}
        got = bare.bonds[bare.bond_ptr[place] : bare.bond_ptr[place + 1]]
        assert {tuple(b) for b in got} == expected
