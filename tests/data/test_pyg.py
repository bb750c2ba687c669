import pytest
import torch
from torch_geometric.data import Data

from pyg_energyloss.data import from_pyg


def item(**changes):
    values = {
        "z": torch.tensor([6, 8]),
        "pos": torch.tensor([[0.0, 0, 0], [1.2, 0, 0]]),
        "edge_index": torch.tensor([[0, 1], [1, 0]]),
        "edge_attr": torch.tensor([[0.0, 1, 0, 0], [0, 1, 0, 0]]),
    }
    return Data(**{**values, **changes})


def test_one_hot_bond_types_become_numbers():
    table = from_pyg([item(), item()])
    assert table.bond_type.tolist() == [2, 2]
    assert table.bonds.tolist() == [[0, 1], [0, 1]]


def test_missing_attributes_are_named():
    with pytest.raises(ValueError, match="item 0 has no edge_attr"):
        from_pyg([item(edge_attr=None)])


def test_positions_must_be_finite():
    with pytest.raises(ValueError, match="positions not finite"):
        from_pyg([item(pos=torch.full((2, 3), torch.nan))])
