import random
from itertools import chain

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.loader import DataLoader

from pyg_energyloss.data import FlatLoader, qm9_small
from pyg_energyloss.transforms import RigidEdgeTransform


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


def test_a_batch_has_at_least_one_graph(splits):
    with pytest.raises(ValueError, match="`batch_size` must be at least 1, got 0"):
        FlatLoader(splits["val"], batch_size=0)


def test_a_transform_is_called_anew_in_every_pass_and_draws_by_seed_and_batch():
    data = qm9_small(transform=RigidEdgeTransform("k_regular", k=3))["val"][:40]
    loader = FlatLoader(data, batch_size=16, shuffle=True, seed=1)
    state = torch.random.get_rng_state()
    first, second = list(loader), list(loader)
    assert torch.equal(torch.random.get_rng_state(), state)  # no global generator moved
    plain = FlatLoader(qm9_small()["val"][:40], batch_size=16, shuffle=True, seed=1)
    for ours, bare in zip(first, plain, strict=True):
        assert torch.equal(ours.pos, bare.pos)
        assert (
            ours.batch[ours.energy_edge_index[0]] == ours.batch[ours.energy_edge_index[1]]
        ).all()
    assert not torch.equal(first[0].energy_edge_index, second[0].energy_edge_index)
    again = list(FlatLoader(data, batch_size=16, shuffle=True, seed=1))
    assert all(
        torch.equal(a.energy_edge_index, b.energy_edge_index)
        for a, b in zip(first, again, strict=True)
    )
    # A resumed run makes batch 4 (of 3 a pass) without those before it.
    assert torch.equal(next(loader.stream(4)).energy_edge_index, second[1].energy_edge_index)


@pytest.mark.parametrize("source", ["torch", "numpy", "random", "seeded"])
def test_draws_of_any_transform_repeat(source):
    edges = RigidEdgeTransform("k_regular", k=3, seed=5)

    def transform(item):
        draw = {
            "torch": lambda: float(torch.rand(())),
            "numpy": lambda: float(np.random.rand()),  # noqa: NPY002
            "random": random.random,
            "seeded": lambda: float(edges(item).energy_edge_index[0].float().std()),
        }
        item.drawn = torch.tensor([draw[source]()])
        return item

    data = qm9_small(transform=transform)["val"][:8]
    loader = FlatLoader(data, batch_size=4, seed=3)
    drawn = torch.cat([batch.drawn for batch in loader])
    assert torch.equal(drawn, torch.cat([b.drawn for b in FlatLoader(data, batch_size=4, seed=3)]))
    assert len(set(drawn.tolist())) > 1


def test_the_stream_goes_on_where_it_is_told(splits):
    loader = FlatLoader(splits["val"][:50], batch_size=16, shuffle=True, seed=2)
    passes = [*loader, *loader]
    for start in (0, 3, 5):
        assert torch.equal(next(loader.stream(start)).mol_id, passes[start].mol_id)


def test_names_tell_where_a_molecule_comes_from(splits):
    assert splits["test"].name_of(0).startswith("qm9_small.extxyz.gz:")


def test_a_batch_is_a_real_pyg_batch(splits):
    batch = next(iter(FlatLoader(splits["val"], batch_size=4)))
    assert isinstance(batch, Batch)
    assert batch.clone().num_graphs == 4
