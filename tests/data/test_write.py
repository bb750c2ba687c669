import sys

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from pyg_energyloss.metrics.generated import (
    Stability,
    bond_orders,
    read_data,
    write_extxyz,
    write_sdf,
)


def test_extxyz_comes_back_as_it_was_written_also_what_is_broken(tmp_path, qm9, broken):
    pytest.importorskip("ase")
    readable = [m for m in broken if m.z.numel() and (m.z > 0).all() and (m.z < 100).all()]
    written = [*qm9[:20], *readable]
    back = read_data(write_extxyz(tmp_path / "a.extxyz", written))
    assert len(back) == len(written)
    for first, second in zip(written, back, strict=True):
        assert torch.equal(first.z, second.z)
        torch.testing.assert_close(first.pos, second.pos, atol=1e-5, rtol=1e-5, equal_nan=True)
    assert Stability()(back[:20]) == Stability()(qm9[:20])


def test_what_is_no_element_is_written_as_x(tmp_path, broken):
    pytest.importorskip("ase")
    strange = [m for m in broken if m.z.numel() and not ((m.z > 0) & (m.z < 100)).all()]
    back = read_data(write_extxyz(tmp_path / "a.extxyz", strange))
    assert [sorted(m.z.tolist()) for m in back] == [[0, 1]] * 3


def test_sdf_has_the_bonds_of_the_tables(tmp_path, druglike):
    chem = pytest.importorskip("rdkit.Chem")
    path = write_sdf(tmp_path / "a.sdf", druglike)
    read = list(chem.SDMolSupplier(str(path), removeHs=False, sanitize=False))
    assert len(read) == len(druglike)
    for molecule, item in zip(read, druglike, strict=True):
        assert [a.GetAtomicNum() for a in molecule.GetAtoms()] == item.z.tolist()
        np.testing.assert_allclose(
            molecule.GetConformer().GetPositions(), item.pos.numpy(), atol=1e-4
        )
        orders = bond_orders(item.z.numpy(), item.pos.double().numpy())
        found = np.zeros_like(orders)
        for bond in molecule.GetBonds():
            ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
            found[ends] = found[ends[::-1]] = int(bond.GetBondTypeAsDouble())
        np.testing.assert_array_equal(found, orders)


def test_sdf_of_broken_molecules_is_still_a_file(tmp_path, broken, water):
    chem = pytest.importorskip("rdkit.Chem")
    path = write_sdf(tmp_path / "a.sdf", [*broken, water])
    read = list(chem.SDMolSupplier(str(path), removeHs=False, sanitize=False))
    assert [m.GetNumAtoms() for m in read] == [m.z.numel() for m in broken] + [3]


def test_a_file_that_was_there_survives_a_failure(tmp_path, water):
    path = write_sdf(tmp_path / "a.sdf", [water])
    before = path.read_bytes()
    large = Data(z=torch.ones(1000).long(), pos=torch.rand(1000, 3))
    with pytest.raises(ValueError, match=r"1000 atoms.*SDF V2000 holds 999, write extxyz instead"):
        write_sdf(path, [water, large])
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.sdf"]


def test_a_missing_library_names_the_extra(monkeypatch, tmp_path):
    for module, name, extra in (("ase.io", "a.xyz", "ase"), ("gemmi", "a.pdb", "chem")):
        (tmp_path / name).touch()
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(ImportError, match=rf"pip install 'pyg-energyloss\[{extra}\]'"):
            read_data(tmp_path / name)
