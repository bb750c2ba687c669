"""PoseBusters on predictions: the bonds are the data's, whatever the places say."""

import math
import sys

import pytest
import torch
from torch_geometric.data import Batch

from pyg_energyloss import registry
from pyg_energyloss.data.to_rdkit import to_rdkit
from pyg_energyloss.metrics import KnownPoseBusters
from pyg_energyloss.metrics.generated.posebusters import CHECKS, PoseBusted

pytest.importorskip("posebusters")


@pytest.fixture(scope="module")
def molecules():
    train = registry.create("dataset", "qm9_small")["train"]
    return [train[i] for i in (18, 47)]


def test_true_structures_pass_and_torn_ones_fail_their_checks(molecules):
    batch = Batch.from_data_list([*molecules, molecules[0]])
    evaluate = registry.create("evaluator", "known_posebusters", energy=False)
    pos = batch.pos.clone()
    second = batch.batch == 1
    pos[second] *= 1.5  # bonds half as long again, which nobody would call bonds
    pos[batch.batch == 2] = torch.nan
    found = evaluate(pos, batch)
    assert set(found) == set(KnownPoseBusters.keys) == {"pb_valid", *CHECKS.values()}
    assert found["pb_valid"].tolist() == [1, 0, 0]
    assert found["pb_connected"][:2].tolist() == [1, 1]
    assert found["pb_bond_lengths"].tolist() == [1, 0, 0]
    assert found["pb_energy"].isnan().all()


def test_it_agrees_with_the_evaluator_of_sets_given_the_same_bonds(molecules):
    def known(molecule):
        from rdkit import Chem

        built = to_rdkit(molecule)
        Chem.SanitizeMol(built)
        return built

    batch = Batch.from_data_list(molecules[:1])
    shares = PoseBusted(perception=known)(molecules[:1])
    found = KnownPoseBusters()(batch.pos, batch)
    assert {key: values.mean().item() for key, values in found.items()} == shares


def test_bonds_that_no_molecule_can_have_are_not_judged_and_only_so_many_are(molecules):
    impossible = molecules[0].clone()
    impossible.bond_type = torch.full_like(impossible.bond_type, 3)
    batch = Batch.from_data_list([impossible, *molecules])
    found = KnownPoseBusters(energy=False, max_graphs=1)(batch.pos, batch)
    assert [math.isnan(v) for v in found["pb_valid"].tolist()] == [True, True, True]
    alone = KnownPoseBusters(energy=False)(molecules[0].pos, molecules[0])
    assert alone["pb_valid"].tolist() == [1]


def test_a_missing_posebusters_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "posebusters", None)
    with pytest.raises(ImportError, match=r"'known_posebusters' .*pyg-energyloss\[judge\]"):
        KnownPoseBusters()
