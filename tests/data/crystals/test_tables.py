import csv
import gzip

import numpy as np
import pytest
import torch

from pyg_energyloss import registry
from pyg_energyloss.data.crystals import CrystalTable, mp_20
from pyg_energyloss.data.loader import assemble

CIF = """data_made
_cell_length_a {a}
_cell_length_b {a}
_cell_length_c {c}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma {gamma}
_symmetry_space_group_name_H-M 'P 1'
loop_
 _symmetry_equiv_pos_site_id
 _symmetry_equiv_pos_as_xyz
  1  'x, y, z'
loop_
 _atom_site_type_symbol
 _atom_site_label
 _atom_site_symmetry_multiplicity
 _atom_site_fract_x
 _atom_site_fract_y
 _atom_site_fract_z
 _atom_site_occupancy
{sites}
"""
SALT = (("Na", (0, 0, 0)), ("Cl", (0.5, 0.5, 1.25)))


def cif(sites=SALT, a=4.0, c=6.0, gamma=120):
    lines = [f"  {el} {el}{i} 1 {x} {y} {z} 1" for i, (el, (x, y, z)) in enumerate(sites)]
    return CIF.format(a=a, c=c, gamma=gamma, sites="\n".join(lines))


def write(path, texts, column="cif"):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["", "material_id", "formation_energy_per_atom", column])
        for number, text in enumerate(texts):
            writer.writerow([number, f"mp-{number}", 0.1, text])
    return path


@pytest.fixture(autouse=True)
def _reader():
    pytest.importorskip("gemmi")


def test_a_csv_of_cdvae_is_read_as_it_is_written(tmp_path):
    table = CrystalTable.read_csv(write(tmp_path / "val.csv.gz", [cif()]))
    assert table.z.tolist() == [11, 17]
    assert table.name.tolist() == ["mp-0"]
    np.testing.assert_allclose(table.cell[0], [[4, 0, 0], [-2, 12**0.5, 0], [0, 0, 6]], atol=1e-9)
    np.testing.assert_allclose(table.fraction[1], [0.5, 0.5, 1.25])
    np.testing.assert_allclose(table.pos[1], [1, 3**0.5, 7.5], atol=1e-9)


def test_a_folder_in_the_published_layout_keeps_its_splits(tmp_path):
    for split, count in (("train", 3), ("val", 2), ("test", 1)):
        write(tmp_path / f"{split}.csv", [cif(a=4 + k) for k in range(count)])
    splits = mp_20(tmp_path)
    assert {name: len(part) for name, part in splits.items()} == {"train": 3, "val": 2, "test": 1}
    item = splits["train"][2]
    assert item.cell[0, 0].tolist() == [6, 0, 0]
    assert item.pbc.all()


def test_one_file_of_mp_20_is_split_by_composition(tmp_path):
    others = [(el, (0, 0, 0)) for el in ("K", "Rb", "Cs")]
    texts = [cif(sites=[one, SALT[1]]) for one in others for _ in range(3)]
    splits = mp_20(write(tmp_path / "all.csv", texts))
    for part in splits.values():
        assert len(set(part._data.z[0::2].tolist())) == 1
    assert sum(map(len, splits.values())) == 9


def test_what_is_no_such_table_is_refused_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="No such file"):
        CrystalTable.read_csv(tmp_path / "absent.csv")
    with pytest.raises(ValueError, match=r"expected a column `cif`.*got .*text"):
        CrystalTable.read_csv(write(tmp_path / "other.csv", [cif()], column="text"))
    with pytest.raises(ValueError, match="crystal mp-0"):
        CrystalTable.read_csv(write(tmp_path / "broken.csv", ["data_nothing\n"]))
    with pytest.raises(ValueError, match="has no crystal"):
        CrystalTable.read_csv(write(tmp_path / "empty.csv", []))
    np.savez(tmp_path / "other.npz", z=np.zeros(1))
    with pytest.raises(ValueError, match="not a crystal table"):
        CrystalTable.load(tmp_path / "other.npz")


@pytest.mark.parametrize(("name", "count", "elements"), [("perov_5", 96, 40), ("carbon_24", 48, 1)])
def test_embedded_excerpts_have_what_their_names_promise(name, count, elements):
    splits = registry.create("dataset", f"{name}_small")
    table = splits["train"].table
    assert sum(map(len, splits.values())) == len(table) == count
    assert len(set(table.z.tolist())) >= elements
    spacing = np.cbrt(np.abs(np.linalg.det(table.cell)) / np.diff(table.ptr))
    assert ((spacing > 1.5) & (spacing < 5)).all()


def test_polymorphs_of_one_composition_stay_in_one_split():
    splits = registry.create("dataset", "perov_5_small")
    formulas = [set(part._data.formula.tolist()) for part in splits.values()]
    assert not formulas[0] & formulas[1]
    assert not formulas[0] & formulas[2]
    assert not formulas[1] & formulas[2]


def test_batches_by_arithmetic_are_those_of_pyg():
    from torch_geometric.data import Batch

    part = registry.create("dataset", "carbon_24_small")["train"]
    rows = [3, 0, 7]
    fast = assemble(part, torch.tensor(rows))
    slow = Batch.from_data_list([part[row] for row in rows])
    for key in ("z", "pos", "cell", "pbc", "site", "formula", "crystal_id", "batch", "ptr"):
        assert fast[key].equal(slow[key]), key


def test_a_site_counts_the_atoms_of_its_element_before_it():
    part = registry.create("dataset", "perov_5_small")["train"]
    for item in part[:10]:
        for z in item.z.unique():
            own = item.site[item.z == z]
            assert own.tolist() == list(range(len(own)))
