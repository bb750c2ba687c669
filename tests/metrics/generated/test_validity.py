import math
import sys

import pytest
import torch
from torch_geometric.data import Data

from pyg_energyloss import registry
from pyg_energyloss.metrics.generated import Validity, smiles, validity_rdkit
from pyg_energyloss.metrics.generated.perception import bonds_by_rdkit, bonds_by_tables

pytest.importorskip("rdkit")


def benzene():
    turn = torch.arange(6) * math.pi / 3
    ring = torch.stack([turn.cos(), turn.sin(), torch.zeros(6)], dim=1)
    return Data(z=torch.tensor([6] * 6 + [1] * 6), pos=torch.cat([1.395 * ring, 2.48 * ring]))


def test_benzene_tells_the_two_ways_to_find_bonds_apart():
    # Its bonds of 139.5 pm are single for the tables, so all carbons are radicals.
    assert smiles(benzene())[0].count("=") == 0
    assert smiles(benzene(), perception=bonds_by_rdkit)[0].count("c") == 6


def test_the_largest_fragment_counts_and_pieces_are_told(water):
    far = Data(z=torch.tensor([1, 1]), pos=torch.tensor([[9.0, 0, 0], [9, 0, 0.74]]))
    both = Data(z=torch.cat([water.z, far.z]), pos=torch.cat([water.pos, far.pos]))
    assert smiles(both) == ("[H]O[H]", 2)
    values = Validity()([both], reference=[water])
    assert values == {"valid": 1, "valid_connected": 0, "unique": 1, "novel": 0}


def test_smiles_depend_on_neither_numbering_nor_place_nor_hand(qm9):
    generator = torch.Generator().manual_seed(0)
    for molecule in qm9[::40]:
        order = torch.randperm(molecule.z.numel(), generator=generator)
        mirrored = Data(z=molecule.z[order], pos=2.0 - molecule.pos[order])
        for perception in (bonds_by_tables, bonds_by_rdkit):
            assert smiles(mirrored, perception=perception) == smiles(
                molecule, perception=perception
            )


def test_molecules_are_not_new_to_themselves_and_copies_not_unique(qm9):
    part = qm9[:30]
    for evaluator in (Validity(), validity_rdkit()):
        valid, _, unique, novel = evaluator([*part, *part], reference=part).values()
        assert unique == pytest.approx(0.5)
        assert novel == 0
        assert valid > 0.8


def test_broken_molecules_are_invalid(broken, water):
    for evaluator in (Validity(), validity_rdkit()):
        # The last, atoms far apart, is a valid heap of radicals for RDKit.
        values = evaluator([*broken[:-1], water], reference=broken)
        assert list(values) == list(evaluator.keys)
        assert list(values.values()) == pytest.approx([1 / 9, 1 / 9, 1, 1])
        none = evaluator(broken[:-1], reference=broken)
        assert next(iter(none.values())) == 0
        assert math.isnan(list(none.values())[-1])
        assert math.isnan(next(iter(evaluator([], reference=[]).values())))


def test_the_total_charge_of_real_molecules_is_used():
    ammonium = Data(
        z=torch.tensor([7, 1, 1, 1, 1]),
        pos=0.59 * torch.tensor([[0.0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]),
    )
    assert smiles(ammonium, perception=bonds_by_rdkit) is None
    ammonium.charge = torch.tensor([1])
    assert smiles(ammonium, perception=bonds_by_rdkit) == ("[H][N+]([H])([H])[H]", 1)


def test_nothing_is_printed_about_broken_molecules(broken, qm9, capfd):
    squeezed = [Data(z=m.z, pos=0.6 * m.pos) for m in qm9[:10]]
    for evaluator in (Validity(), validity_rdkit()):
        evaluator([*broken, *squeezed], reference=[])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["validity", "validity_rdkit"])
def test_a_missing_rdkit_names_the_extra(monkeypatch, name):
    monkeypatch.setitem(sys.modules, "rdkit", None)
    with pytest.raises(ImportError, match=r"pip install 'pyg-energyloss\[chem\]'"):
        registry.create("evaluator", name)
