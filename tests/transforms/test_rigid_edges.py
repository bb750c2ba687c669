import copy
import pickle

import numpy as np
import pytest
import torch
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader

import pyg_energyloss as pel
from pyg_energyloss.transforms import CompleteEdgeTransform, RigidEdgeTransform


class Structures(torch.utils.data.Dataset):
    """Four structures of 80 atoms; the transform runs at each access, in the loader's workers."""

    def __init__(self, transform):
        self.transform = transform
        noise = torch.Generator().manual_seed(0)
        self.items = [Data(pos=torch.randn(80, 3, generator=noise) * 4) for _ in range(4)]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.transform(self.items[index])


def test_it_adds_edges_in_both_directions_and_leaves_the_item_alone():
    data = Data(pos=torch.rand(70, 3))
    found = RigidEdgeTransform(seed=0)(data)
    assert "energy_edge_index" not in data
    edges, weight = found.energy_edge_index, found.energy_edge_weight
    half = edges.shape[1] // 2
    assert torch.equal(edges[:, :half], edges[:, half:].flip(0))
    assert torch.equal(weight[:half], weight[half:])
    assert weight.dtype == data.pos.dtype


def test_it_draws_anew_at_each_access():
    transform = RigidEdgeTransform(seed=0)
    data = Data(pos=torch.randn(80, 3, generator=torch.Generator().manual_seed(0)) * 4)
    draws = {transform(data).energy_edge_index.numpy().tobytes() for _ in range(5)}
    assert len(draws) == 5


def test_same_seed_same_stream():
    data = Data(pos=torch.randn(80, 3, generator=torch.Generator().manual_seed(0)) * 4)
    first, second = RigidEdgeTransform(seed=1), RigidEdgeTransform(seed=1)
    for _ in range(3):
        assert torch.equal(first(data).energy_edge_index, second(data).energy_edge_index)


def test_without_a_seed_it_follows_torch_and_never_advances_it():
    data = Data(pos=torch.randn(80, 3, generator=torch.Generator().manual_seed(0)) * 4)
    found = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        found.append(RigidEdgeTransform()(data).energy_edge_weight)
        assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(found[0], found[1])
    assert found[0].shape != found[2].shape or not torch.equal(found[0], found[2])


def test_batches_keep_edges_within_their_structures():
    transform = RigidEdgeTransform(seed=0)
    items = [transform(Data(pos=torch.randn(n, 3) * 4)) for n in (3, 80, 1, 10)]
    batch = next(iter(DataLoader(items, batch_size=4)))
    edges = batch.energy_edge_index
    assert (batch.batch[edges[0]] == batch.batch[edges[1]]).all()
    assert batch.energy_edge_weight.shape == edges.shape[1:]
    assert edges.max() < batch.num_nodes
    loss = pel.PairEnergyLoss("constant", edges="data")
    assert loss(batch.pos, batch) < 1e-9


def epochs(seed, loader_seed, workers):
    loader = DataLoader(
        Structures(RigidEdgeTransform(seed=seed)),
        batch_size=1,
        num_workers=workers,
        generator=torch.Generator().manual_seed(loader_seed),
    )
    return [[item.energy_edge_index.numpy().tobytes() for item in loader] for _ in range(2)]


@pytest.mark.parametrize("seed", [0, None])
def test_workers_and_epochs_differ_and_repeat(seed):
    first = epochs(seed, 1, 2)
    assert len({draw for epoch in first for draw in epoch}) == 8
    assert epochs(seed, 1, 2) == first
    assert epochs(seed, 2, 2) != first


def test_copies_and_pickles_work():
    transform = RigidEdgeTransform(seed=0)
    data = Data(pos=torch.randn(80, 3) * 4)
    transform(data)
    for twin in (copy.deepcopy(transform), pickle.loads(pickle.dumps(transform))):  # noqa: S301
        assert repr(twin) == repr(transform)
        assert twin(data).energy_edge_index.shape[0] == 2


def test_the_shortcut_is_for_the_backbone_only():
    data = Data(pos=torch.rand(20, 3))
    assert RigidEdgeTransform()(data).energy_edge_index.shape[1] == 20 * 19
    assert RigidEdgeTransform(complete_below=10)(data).energy_edge_index.shape[1] < 20 * 19
    assert RigidEdgeTransform("k_regular", k=6)(data).energy_edge_index.shape[1] == 20 * 6
    assert CompleteEdgeTransform()(data).energy_edge_index.shape[1] == 20 * 19


def test_another_name_and_dimension():
    data = Data(pos=torch.rand(9, 2))
    found = RigidEdgeTransform(dim=2, attr="spring_index", complete_below=0, seed=0)(data)
    assert found.spring_index.shape[1] == found.spring_weight.shape[0]


def test_a_sampler_object():
    sampler = pel.samplers.KRegular(k=4, seed=0)
    assert RigidEdgeTransform(sampler)(Data(pos=torch.rand(20, 3))).energy_edge_index.shape[1] == 80


def test_a_periodic_structure_has_shifts_that_the_energy_understands():
    noise = torch.Generator().manual_seed(0)
    cell = torch.eye(3) * 5 + torch.rand(3, 3, generator=noise)
    pos = torch.rand(6, 3, generator=noise) @ cell
    transform = RigidEdgeTransform(seed=0)
    batch = next(
        iter(DataLoader([transform(Data(pos=pos, cell=cell[None])) for _ in "ab"], batch_size=2))
    )
    moved = batch.pos.clone()
    moved[3] += cell[1]  # the same crystal
    whole = {
        "edge_index": batch.energy_edge_index,
        "edge_shift": batch.energy_edge_shift,
        "cell": batch.cell,
        "batch": batch.batch,
    }
    energy = pel.functional.pair_energy(batch.pos, batch.pos, **whole)
    assert torch.allclose(energy, torch.zeros(2))
    # An atom moved by a lattice vector without its shifts is not where the edges say.
    assert pel.functional.pair_energy(moved, batch.pos, **whole)[0] > 0.1
    lengths = pos[batch.energy_edge_index[1] % 6] - pos[batch.energy_edge_index[0] % 6]
    lengths = (lengths + batch.energy_edge_shift.to(cell) @ cell).norm(dim=1)
    assert lengths.min() > 0.1
    assert lengths.max() < 12


def test_partly_periodic_and_flags_that_say_no():
    data = Data(pos=torch.rand(6, 3), cell=torch.eye(3) * 5, pbc=torch.tensor([True, True, False]))
    assert (RigidEdgeTransform()(data).energy_edge_shift[:, 2] == 0).all()
    data.pbc = torch.tensor([False, False, False])
    assert "energy_edge_shift" not in RigidEdgeTransform()(data)


def test_symmetrised_draws_are_invariant_and_keep_the_mean():
    pytest.importorskip("igraph")
    # A tree of methyl-like tops: its automorphisms permute the leaves.
    bonds = torch.tensor([[0, 0, 0, 0, 1, 1, 1, 2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]])
    data = Data(
        pos=torch.randn(11, 3, generator=torch.Generator().manual_seed(0)),
        edge_index=torch.cat([bonds, bonds.flip(0)], dim=1),
        z=torch.tensor([6, 6, 6, 1, 1, 1, 1, 1, 1, 1, 1]),
    )
    transform = RigidEdgeTransform(complete_below=0, edges_per_atom=3.5, seed=0, symmetrize=True)
    generators = pel.symmetry.automorphism_generators(data.edge_index, 11, colors=data.z)
    assert len(generators) >= 5
    total = torch.zeros(11, 11)
    for _ in range(300):
        found = transform(data)
        table = torch.zeros(11, 11)
        table[tuple(found.energy_edge_index)] = found.energy_edge_weight
        for g in generators:
            assert torch.allclose(table[g][:, g], table)
        total += table / 300
    assert total[~torch.eye(11, dtype=torch.bool)].mean() == pytest.approx(1.0, abs=0.05)


def test_bad_input():
    with pytest.raises(ValueError, match="`attr` must contain 'index'"):
        RigidEdgeTransform(attr="springs")
    with pytest.raises(ValueError, match=r"`data.pos` must have shape \[num_nodes, 3\]"):
        RigidEdgeTransform()(Data(pos=torch.rand(4, 2)))
    with pytest.raises(ValueError, match=r"`data.pos` must have shape"):
        RigidEdgeTransform()(Data(x=torch.rand(4, 2)))
    with pytest.raises(TypeError, match="`sampler` is an object, so k must be given to it"):
        RigidEdgeTransform(pel.samplers.KRegular(), k=3)
    with pytest.raises(TypeError, match="degree"):
        RigidEdgeTransform("k_regular", degree=3)
    with pytest.raises(KeyError, match="k_regular"):
        RigidEdgeTransform("k_reglar")
    with pytest.raises(ValueError, match="`symmetrize` needs bonds"):
        RigidEdgeTransform(symmetrize=True)(Data(pos=torch.rand(4, 3)))


def test_pre_transform_fixes_one_draw():
    structures = Structures(lambda data: data)
    fixed = [RigidEdgeTransform(seed=0)(item) for item in structures.items]
    assert np.all(
        [
            torch.equal(a.energy_edge_index, fixed[i].energy_edge_index)
            for i, a in enumerate(DataLoader(fixed, batch_size=1))
        ]
    )
