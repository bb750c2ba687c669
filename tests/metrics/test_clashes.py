"""Clashes are those of the restraints, counted for each 1000 atoms."""

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss.data.loader import assemble
from pyg_energyloss.data.proteins import proteins_small
from pyg_energyloss.metrics import ClashEvaluator
from pyg_energyloss.restraints import from_data, violations


@pytest.fixture(scope="module")
def fragments():
    return assemble(proteins_small(stride=12, length=6)["test"], torch.arange(3))


def test_there_are_none_in_the_true_structure(fragments):
    assert ClashEvaluator()(fragments.pos, fragments)["clashes"].tolist() == [0, 0, 0]


def test_they_are_the_clashes_that_the_restraints_name(fragments):
    noise = torch.randn(fragments.pos.shape, generator=torch.Generator().manual_seed(0))
    predicted = fragments.pos + noise
    terms = from_data(fragments, kinds=("clash",))
    named = [v.atoms[0] for v in violations(predicted, terms)]
    count = np.bincount(fragments.batch[named].numpy(), minlength=3)
    assert count.sum() > 3
    expected = 1000 * count / fragments.ptr.diff().numpy()
    assert ClashEvaluator()(predicted, fragments)["clashes"].tolist() == pytest.approx(expected)


def test_graphs_at_one_place_do_not_clash_with_each_other():
    lone = Data(
        pos=torch.tensor([[0.0, 0, 0], [9, 0, 0]]),
        z=torch.tensor([6, 6]),
        edge_index=torch.empty(2, 0, dtype=torch.long),
    )
    batch = Batch.from_data_list([lone, lone, lone])
    assert ClashEvaluator()(batch.pos, batch)["clashes"].tolist() == [0, 0, 0]


def test_a_structure_with_a_place_that_is_not_finite_has_no_count():
    lone = Data(
        pos=torch.tensor([[0.0, 0, 0], [9, 0, 0]]),
        z=torch.tensor([6, 6]),
        edge_index=torch.empty(2, 0, dtype=torch.long),
    )
    batch = Batch.from_data_list([lone, lone])
    predicted = batch.pos.clone()
    predicted[0, 0] = torch.nan
    predicted[3, 0] = 0.0
    first, second = ClashEvaluator()(predicted, batch)["clashes"].tolist()
    assert np.isnan(first)
    assert second == 500
