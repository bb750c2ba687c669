import numpy as np
import pytest

from pyg_energyloss import registry
from pyg_energyloss.data.splits import split_groups


@pytest.mark.parametrize(("name", "count", "largest"), [("qm7", 7101, 23), ("druglike", 3490, 88)])
def test_embedded_sets_have_what_their_names_promise(name, count, largest):
    splits = registry.create("dataset", name)
    assert sum(map(len, splits.values())) == count
    table = splits["train"].table
    assert np.diff(table.atom_ptr).max() == largest
    assert np.isfinite(table.pos).all()
    assert set(np.unique(table.bond_type)) <= {1, 2, 3, 4}


def test_conformers_of_a_molecule_stay_together():
    splits = registry.create("dataset", "druglike")
    groups = [set(s.table.group[s._data.mol_id.numpy()]) for s in splits.values()]
    assert not groups[0] & groups[1]
    assert not groups[0] & groups[2]
    assert not groups[1] & groups[2]


def test_fewer_heavy_atoms_leave_molecules_out_and_in_their_split():
    every, small = (
        registry.create("dataset", "qm9_small", max_heavy_atoms=limit) for limit in (None, 6)
    )
    for name, part in every.items():
        few = [int(item.mol_id) for item in part if int((item.z > 1).sum()) <= 6]
        assert [int(item.mol_id) for item in small[name]] == few
    assert 0 < len(small["test"]) < len(every["test"])


def test_a_split_needs_three_molecules():
    with pytest.raises(ValueError, match="2 distinct molecule"):
        split_groups(np.array([0, 0, 1]))


def test_qm9_of_pyg_is_read_through_its_own_loader(tmp_path):
    """A tiny raw folder in the public layout goes through `torch_geometric.datasets.QM9`."""
    chem = pytest.importorskip("rdkit.Chem")
    from rdkit.Chem import AllChem

    raw = tmp_path / "raw"
    raw.mkdir()
    smiles = ["C", "CO", "c1ccncc1", "CC#N", "C=O", "CCO"]
    writer = chem.SDWriter(str(raw / "gdb9.sdf"))
    for index, text in enumerate(smiles):
        molecule = chem.AddHs(chem.MolFromSmiles(text))
        AllChem.EmbedMolecule(molecule, randomSeed=index)
        molecule.SetProp("_Name", f"gdb_{index + 1}")
        writer.write(molecule)
    writer.close()
    columns = ["mol_id", *(f"t{i}" for i in range(19))]
    lines = [",".join(columns)]
    lines += [",".join([f"gdb_{i + 1}", *["0.0"] * 19]) for i in range(len(smiles))]
    (raw / "gdb9.sdf.csv").write_text("\n".join(lines) + "\n")
    (raw / "uncharacterized.txt").write_text("header\n" * 9 + "7 x\n" + "\n")
    splits = registry.create("dataset", "qm9", root=tmp_path)
    assert sum(map(len, splits.values())) == len(smiles)
    items = {int(item.mol_id): item for split in splits.values() for item in split}
    pyridine = items[2]
    assert sorted(pyridine.z.tolist()) == [1] * 5 + [6] * 5 + [7]
    assert (pyridine.bond_type == 2).sum() == 6  # three double bonds, both directions
    assert len(registry.create("dataset", "qm9", root=tmp_path, limit=4)["train"]) == 2
    bare = registry.create("dataset", "qm9", root=tmp_path, hydrogens=False)
    # Methane has one heavy atom and is left out.
    assert sum(map(len, bare.values())) == len(smiles) - 1
    assert not any((item.z == 1).any() for split in bare.values() for item in split)
