import math
import sys

import pytest
import torch
from torch_geometric.data import Data

from pyg_energyloss import registry
from pyg_energyloss.metrics.generated.posebusters import CHECKS, PoseBusted

pytest.importorskip("posebusters")


def test_a_real_molecule_passes_and_broken_ones_do_not(qm9, broken):
    real = next(m for m in qm9 if m.z.numel() > 12)
    values = PoseBusted()([real, *broken])
    assert set(values.values()) == {1 / 10}
    assert tuple(values) == PoseBusted.keys == ("pb_valid", *CHECKS.values())


def test_a_stretched_bond_fails_its_own_check():
    # Ethanol whose OH is pulled off by half an Å; its bonds are told, as they would not be found.
    from rdkit import Chem
    from rdkit.Chem import AllChem

    built = Chem.AddHs(Chem.MolFromSmiles("CCO"))
    AllChem.EmbedMolecule(built, randomSeed=1)
    z = torch.tensor([a.GetAtomicNum() for a in built.GetAtoms()])
    pos = torch.tensor(built.GetConformer().GetPositions())
    axis = (pos[2] - pos[1]) / (pos[2] - pos[1]).norm()
    stretched = pos.clone()
    stretched[[2, 8]] += 0.5 * axis
    right = PoseBusted()([Data(z=z, pos=pos)])
    wrong = PoseBusted(perception=lambda m: _placed(built, m.pos))([Data(z=z, pos=stretched)])
    assert right["pb_valid"] == 1
    assert wrong["pb_bond_lengths"] == wrong["pb_valid"] == 0
    assert wrong["pb_connected"] == 1


def _placed(built, pos):
    from rdkit import Chem

    moved = Chem.Mol(built)
    for i, place in enumerate(pos.tolist()):
        moved.GetConformer().SetAtomPosition(i, place)
    return moved


def test_only_so_many_are_checked_and_none_is_nan(broken, qm9):
    assert PoseBusted(max_molecules=1)([qm9[0], *broken])["pb_loaded"] == 1
    assert all(math.isnan(v) for v in PoseBusted()([]).values())
    with pytest.raises(ValueError, match="`max_molecules` must be at least 1, got 0"):
        PoseBusted(max_molecules=0)


def test_a_missing_posebusters_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "posebusters", None)
    with pytest.raises(ImportError, match=r"pip install 'pyg-energyloss\[judge\]'"):
        registry.create("evaluator", "posebusters")
