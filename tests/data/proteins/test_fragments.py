"""Proteins are cut into overlapping pieces of whole residues, and split by protein."""

import numpy as np
import pytest
import torch

from pyg_energyloss import registry
from pyg_energyloss.data.proteins import (
    embedded_proteins,
    protein_atoms,
    proteins,
    proteins_small,
    residue_spheres,
    residue_windows,
)
from pyg_energyloss.data.proteins.fragments import take
from pyg_energyloss.data.structure import Structure
from pyg_energyloss.transforms import RigidEdgeTransform

SPINE = np.array(["N", "CA", "C"])


def chain(count, *, chain=0, first=1, x=0.0):
    """A straight chain of residues of three atoms."""
    atoms = 3 * count
    pos = np.zeros((atoms, 3))
    pos[:, 0] = x + 1.4 * np.arange(atoms)
    return Structure(
        z=np.tile([7, 6, 6], count),
        pos=pos,
        name="made.pdb structure 0",
        chain=np.full(atoms, chain),
        residue=np.repeat(np.arange(first, first + count), 3),
        residue_name=np.full(atoms, "GLY"),
        atom_name=np.tile(SPINE, count),
    )


def joined(*parts):
    names = ("z", "pos", "chain", "residue", "residue_name", "atom_name")
    arrays = {name: np.concatenate([getattr(p, name) for p in parts]) for name in names}
    return Structure(**arrays, name=parts[0].name)


def residues(structure, rows):
    return [sorted(set(structure.residue[part].tolist())) for part in rows]


def test_windows_overlap_and_cover_the_end():
    whole = chain(8)
    assert residues(whole, residue_windows(whole, length=4, stride=3)) == [
        [1, 2, 3, 4],
        [4, 5, 6, 7],
        [5, 6, 7, 8],
    ]


def test_a_short_chain_comes_whole():
    assert residues(chain(3), residue_windows(chain(3), length=12, stride=3)) == [[1, 2, 3]]


def test_a_window_crosses_neither_chains_nor_gaps():
    made = joined(chain(3), chain(3, first=7), chain(2, chain=1, first=10))
    found = residues(made, residue_windows(made, length=4, stride=1))
    assert found == [[1, 2, 3], [7, 8, 9], [10, 11]]


def test_a_sphere_holds_the_nearest_residues_of_any_chain():
    made = joined(chain(3), chain(3, chain=1, first=11, x=0.1))
    (first,) = residue_spheres(made, length=2, stride=6)
    assert set(made.chain[first].tolist()) == {0, 1}
    assert len(first) == 6


def test_what_is_no_residue_of_a_protein_is_left_out():
    water = Structure(
        z=np.array([8]),
        pos=np.zeros((1, 3)),
        chain=np.array([0]),
        residue=np.array([99]),
        residue_name=np.array(["HOH"]),
        atom_name=np.array(["O"]),
    )
    assert protein_atoms(joined(chain(2), water)).residue.max() == 2
    with pytest.raises(ValueError, match="has no residue with atoms N, CA, C"):
        protein_atoms(take(joined(chain(1), water), np.array([3])))


def test_the_dna_of_5ugo_is_left_out():
    (found,) = (s for s in embedded_proteins() if s.name.startswith("5ugo"))
    names = set(protein_atoms(found).residue_name.tolist())
    assert {"DA", "DC", "DG", "DT"} <= set(found.residue_name.tolist())
    assert not names & {"DA", "DC", "DG", "DT", "HOH"}


def test_a_structure_without_residues_is_refused():
    bare = Structure(z=np.array([6, 6]), pos=np.eye(2, 3), name="bare")
    with pytest.raises(ValueError, match="bare: has no residues; read it from a PDB"):
        protein_atoms(bare)
    with pytest.raises(ValueError, match="bare: has no residues"):
        residue_windows(bare)


def test_options_out_of_range_are_refused():
    with pytest.raises(ValueError, match="`length` must be at least 1, got 0"):
        residue_windows(chain(2), length=0)
    with pytest.raises(ValueError, match="`stride` must be at least 1, got 0"):
        residue_spheres(chain(2), stride=0)
    with pytest.raises(ValueError, match="`atoms` must be one of heavy, backbone, all; got 'CA'"):
        protein_atoms(chain(2), atoms="CA")
    with pytest.raises(ValueError, match="`cut` must be one of residues, spheres, whole; got 'x'"):
        proteins_small(cut="x")


def test_no_protein_is_in_two_splits():
    splits = proteins_small(atoms="backbone", stride=12)
    names = {
        split: {data.name_of(i).split(" ")[0] for i in range(len(data))}
        for split, data in splits.items()
    }
    assert names == {
        "train": {"2n0n_M1.pdb.gz", "5ugo.pdb.gz", "chignolin.pdb.gz"},
        "val": {"1vii_3frames.pdb.gz"},
        "test": {"1CRN.pdb.gz"},
    }


def test_items_have_bonds_residues_and_the_edges_of_a_transform():
    splits = proteins_small(cut="whole", transform=RigidEdgeTransform(seed=0))
    (crambin,) = splits["test"]
    assert crambin.num_nodes == 327
    assert crambin.residue.unique().numel() == 46
    source, target = crambin.edge_index
    length = (crambin.pos[source] - crambin.pos[target]).norm(dim=1)
    assert 1.1 < length.min() < length.max() < 2.2
    neighbouring = (crambin.residue[source] - crambin.residue[target]).abs() == 1
    assert neighbouring.sum() == 2 * 45  # peptide bonds
    assert crambin.energy_edge_index.shape[1] < 327 * 326


def test_backbones_are_four_atoms_a_residue():
    (crambin,) = proteins_small(cut="whole", atoms="backbone")["test"]
    assert crambin.num_nodes == 4 * 46


@pytest.fixture
def folder(tmp_path):
    gemmi = pytest.importorskip("gemmi", reason="writes PDB and mmCIF files")
    for number, name in enumerate(("one.pdb", "two.cif", "three.pdb", "four.cif")):
        whole = chain(5 + number)
        entry = gemmi.Structure()
        model, part = gemmi.Model(1), gemmi.Chain("A")
        for residue in np.unique(whole.residue):
            made = gemmi.Residue()
            made.name, made.seqid = "GLY", gemmi.SeqId(str(residue))
            for row in np.flatnonzero(whole.residue == residue):
                atom = gemmi.Atom()
                atom.name, atom.element = (
                    str(whole.atom_name[row]),
                    gemmi.Element(int(whole.z[row])),
                )
                atom.pos = gemmi.Position(*whole.pos[row])
                made.add_atom(atom)
            part.add_residue(made)
        model.add_chain(part)
        entry.add_model(model)
        entry.setup_entities()
        path = tmp_path / name
        if name.endswith("pdb"):
            entry.write_pdb(str(path))
        else:
            entry.make_mmcif_document().write_file(str(path))
    return tmp_path


def test_a_folder_of_pdb_and_mmcif_files_is_split_by_file(folder):
    splits = proteins(folder, val=["one"], test=["two"], length=3, stride=2)
    assert {name: len(data) for name, data in splits.items()} == {"train": 7, "val": 2, "test": 3}
    by_lot = proteins(folder, length=3, stride=2)
    assert sum(map(len, by_lot.values())) == 12
    assert all(len(data) for data in by_lot.values())


def test_names_that_fit_no_file_are_refused(folder):
    with pytest.raises(ValueError, match=r"`val` names 'five', there are four\.cif, one\.pdb"):
        proteins(folder, val=["five"], test=["one"])
    with pytest.raises(ValueError, match=r"`val` and `test` both name one\.pdb"):
        proteins(folder, val=["one"], test=["one"])
    with pytest.raises(ValueError, match="the split test is empty; name files"):
        proteins(folder, val=["one"])


def test_a_data_set_by_name_is_that_of_the_module():
    found = registry.create("dataset", "proteins_small", cut="whole", atoms="backbone")
    assert torch.equal(
        found["test"][0].pos, proteins_small(cut="whole", atoms="backbone")["test"][0].pos
    )
