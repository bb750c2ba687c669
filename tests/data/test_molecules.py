from itertools import chain

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.loader import DataLoader

from pyg_energyloss.data import FlatLoader, qm9_small


@pytest.fixture(scope="module")
def splits():
    return qm9_small()


def test_splits_are_fixed_disjoint_and_complete(splits):
    rows = {name: split._data.mol_id.tolist() for name, split in splits.items()}
    assert {name: len(r) for name, r in rows.items()} == {"train": 3290, "val": 411, "test": 411}
    assert sorted(chain(*rows.values())) == list(range(4112))
    again = {name: split._data.mol_id.tolist() for name, split in qm9_small().items()}
    assert rows == again
    # Pinned: a change would make published figures incomparable.
    assert rows["test"][:5] == [274, 3353, 1421, 3169, 1424]


def test_the_first_molecules_of_a_split_are_no_special_sample(splits):
    test = splits["test"]
    sizes = [test[i].num_nodes for i in range(100)]
    everything = np.diff(test.slices["pos"].numpy())
    assert abs(np.mean(sizes) - everything.mean()) < 0.5


def test_methane_is_a_tetrahedron(splits):
    for split in splits.values():
        for item in split:
            if int(item.mol_id) == 0:
                methane = item
    assert methane.z.tolist() == [6, 1, 1, 1, 1]
    distance = torch.cdist(methane.pos, methane.pos)
    torch.testing.assert_close(distance[0, 1:], torch.full((4,), 1.092), atol=2e-3, rtol=0)
    assert methane.edge_index.shape == (2, 8)
    assert methane.hop.bincount().tolist() == [0, 8, 12]


def test_bonds_come_in_both_directions_and_match_one_hop(splits):
    for item in list(splits["test"])[:50]:
        bonds = {tuple(e) for e in item.edge_index.t().tolist()}
        assert bonds == {(b, a) for a, b in bonds}
        assert bonds == {tuple(e) for e in item.hop_index[:, item.hop == 1].t().tolist()}


def test_flat_batches_equal_those_of_pyg(splits):
    subset = splits["test"]
    ours = list(FlatLoader(subset, batch_size=50))
    theirs = list(DataLoader(subset, batch_size=50))
    assert len(ours) == len(theirs) == len(FlatLoader(subset, batch_size=50))
    for a, b in zip(ours, theirs, strict=True):
        assert set(a.keys()) == set(b.keys())
        assert a.num_graphs == b.num_graphs
        for key in b.keys():  # noqa: SIM118 - a Data is no dict
            assert torch.equal(a[key], b[key]), key
    last = ours[0].to_data_list()[-1]
    for key, value in subset[49].to_dict().items():
        assert torch.equal(last[key], value), key


def test_shuffled_batches_depend_on_the_seed_and_visit_everything(splits):
    def rows(seed):
        loader = FlatLoader(splits["val"], batch_size=64, shuffle=True, seed=seed)
        return [batch.mol_id.tolist() for batch in loader]

    assert rows(1) == rows(1) != rows(2)
    assert sorted(chain(*rows(1))) == sorted(splits["val"]._data.mol_id.tolist())


def test_a_per_item_transform_is_never_skipped(splits):
    with_transform = qm9_small(transform=lambda item: item)["val"]
    with pytest.raises(ValueError, match="per-item `transform`"):
        FlatLoader(with_transform, batch_size=2)
    with pytest.raises(ValueError, match="`batch_size` must be at least 1, got 0"):
        FlatLoader(splits["val"], batch_size=0)


def test_names_tell_where_a_molecule_comes_from(splits):
    assert splits["test"].name_of(0).startswith("qm9_small.extxyz.gz:")


def test_a_batch_is_a_real_pyg_batch(splits):
    batch = next(iter(FlatLoader(splits["val"], batch_size=4)))
    assert isinstance(batch, Batch)
    assert batch.clone().num_graphs == 4
