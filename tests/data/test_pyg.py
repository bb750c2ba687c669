import pytest
import torch
from torch_geometric.data import Batch, Data, InMemoryDataset

from pyg_energyloss.data import FlatLoader, as_splits, from_pyg
from pyg_energyloss.transforms import RigidEdgeTransform


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
    with pytest.raises(ValueError, match="item 0 has no pos; expected `Data` with `z`"):
        from_pyg([item(pos=None)])


def test_positions_must_be_finite():
    with pytest.raises(ValueError, match=r"item 0 \(0\): position of atom 0 is \[nan, nan, nan\]"):
        from_pyg([item(pos=torch.full((2, 3), torch.nan))])


def test_neighbours_within_a_radius_are_not_taken_for_bonds():
    water = Data(
        z=torch.tensor([8, 1, 1]),
        pos=torch.tensor([[0, 0, 0.117], [0, 0.757, -0.47], [0, -0.757, -0.47]]),
        edge_index=torch.tensor([[0, 0, 1, 1, 2, 2], [1, 2, 0, 2, 0, 1]]),
        edge_attr=torch.rand(6, 4),
    )
    assert from_pyg([water]).bonds.tolist() == [[0, 1], [0, 2]]


def test_elements_outside_the_tables_get_their_bonds_from_rdkit():
    pytest.importorskip("rdkit")
    bromide = Data(z=torch.tensor([3, 35]), pos=torch.tensor([[0.0, 0, 0], [2.17, 0, 0]]))
    assert from_pyg([bromide]).bonds.tolist() == [[0, 1]]


class Own(InMemoryDataset):
    """A data set as a user has it: elements and places, labels, a name."""

    def __init__(self, transform=None, pre_transform=None, count=12):
        super().__init__(None, transform)
        generator = torch.Generator().manual_seed(0)
        items = [
            Data(
                z=torch.tensor([6, 8, 6, 7]),
                pos=1.4 * torch.rand(4, 3, generator=generator),
                y=torch.tensor([[float(row)]]),
                name=f"own {row}",
            )
            for row in range(count)
        ]
        self.data, self.slices = self.collate(
            [pre_transform(i) if pre_transform else i for i in items]
        )


def test_any_data_set_with_z_and_pos_becomes_molecules_to_train_on():
    splits = as_splits(Own())
    assert {name: len(split) for name, split in splits.items()} == {
        "train": 10,
        "val": 1,
        "test": 1,
    }
    labels = torch.cat([item.y for split in splits.values() for item in split])
    assert sorted(labels.flatten().tolist()) == list(range(12))
    assert splits["test"].name_of(0).startswith("own ")
    batch = next(iter(FlatLoader(splits["train"], batch_size=4)))
    rows = batch.mol_id.tolist()
    assert batch.y.flatten().tolist() == rows
    torch.testing.assert_close(batch.pos[:4], Own()[rows[0]].pos)


def test_edges_of_a_pre_transform_are_kept_and_batched():
    data = Own(pre_transform=RigidEdgeTransform("k_regular", k=2, seed=0))
    splits = as_splits({"train": data[:6], "val": data[6:9], "test": data[9:]})
    batch = next(iter(FlatLoader(splits["val"], batch_size=3)))
    expected = Batch.from_data_list([data[row] for row in (6, 7, 8)])
    assert torch.equal(batch.energy_edge_index, expected.energy_edge_index)
    assert torch.equal(batch.energy_edge_weight, expected.energy_edge_weight)


def test_the_transform_of_a_data_set_reaches_the_batches_and_redraws():
    splits = as_splits(Own(transform=RigidEdgeTransform("k_regular", k=2)))
    loader = FlatLoader(splits["train"], batch_size=10)
    first, second = (next(iter(loader)).energy_edge_index for _ in range(2))
    assert not torch.equal(first, second)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ({"train": [], "test": []}, "mine: has no split val; expected train, val and test"),
        ({"train": [1], "val": [], "test": []}, "mine, split train: item 0 is a int, expected"),
        (7, "mine: item 0 is a int"),
    ],
)
def test_what_is_no_data_set_is_told_what_is_expected(made, message):
    with pytest.raises(TypeError, match=message):
        as_splits(made, name="mine")
