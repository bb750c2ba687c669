import itertools

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss
from pyg_energyloss.functional import crystal_energy
from pyg_energyloss.samplers import (
    Backbone,
    BondEdges,
    ErdosRenyi,
    KRegular,
    LaterationEdges,
    Lattice,
    NearestNeighbours,
    PairSample,
)
from pyg_energyloss.samplers.crystals.periodic import (
    image_distance,
    image_pairs,
    nearest_image,
    without,
)
from pyg_energyloss.samplers.crystals.periodic_growth import rigid_images
from pyg_energyloss.stiffness import Exponential
from pyg_energyloss.transforms import RigidEdgeTransform

TRICLINIC = np.array([[5.0, 0, 0], [1.5, 4.5, 0], [-1.0, 1.2, 6.0]])
BULK = Lattice(TRICLINIC, (True, True, True))
SLAB = Lattice(np.array([[5.0, 0, 0], [1.5, 4.5, 0], [0, 0, 0]]), (True, True, False))


def atoms(count, seed=0):
    return np.random.default_rng(seed).random((count, 3)) @ TRICLINIC + 20.0


@pytest.mark.parametrize("lattice", [BULK, SLAB], ids=["bulk", "slab"])
def test_nearest_image_against_a_wide_search(lattice):
    pos = atoms(8)
    pairs = np.stack(np.triu_indices(8, 1))
    shift = nearest_image(pos, pairs, lattice)
    ranges = [range(-3, 4) if repeats else (0,) for repeats in lattice.pbc]
    cells = np.array(list(itertools.product(*ranges)))
    vector = pos[pairs[1]] - pos[pairs[0]]
    every = np.linalg.norm(vector[:, None] + cells @ lattice.cell, axis=2)
    found = np.linalg.norm(vector + shift @ lattice.cell, axis=1)
    assert np.allclose(found, every.min(axis=1))
    assert (shift[:, ~np.array(lattice.pbc)] == 0).all()


def stiffness_rank(pos, drawn, lattice):
    """Rank of the lengths as functions of the positions, the lattice fixed."""
    vector = pos[drawn.pairs[1]] - pos[drawn.pairs[0]] + drawn.shift @ lattice.cell
    rows = np.zeros((len(vector), *pos.shape))
    index = np.arange(len(vector))
    rows[index, drawn.pairs[1]] = vector
    rows[index, drawn.pairs[0]] -= vector
    return np.linalg.matrix_rank(rows.reshape(len(vector), -1))


@pytest.mark.parametrize("count", [2, 3, 8, 40])
def test_the_lattice_holds_every_atom(count):
    pos = atoms(count)
    drawn = LaterationEdges().sample(pos, np.random.default_rng(0), lattice=BULK)
    # Nothing is left but to shift all atoms together.
    assert stiffness_rank(pos, drawn, BULK) == 3 * count - 3


def test_a_slab_may_also_be_mirrored_but_not_deformed():
    pos = atoms(12)
    drawn = LaterationEdges().sample(pos, np.random.default_rng(0), lattice=SLAB)
    assert stiffness_rank(pos, drawn, SLAB) == 3 * 12 - 3


def test_an_atom_is_found_from_the_images_it_is_joined_to():
    # Rebuild atom by atom from lengths: the images of earlier atoms are known.
    pos = atoms(15)
    drawn = LaterationEdges().sample(pos, np.random.default_rng(0), lattice=BULK)
    length = image_distance(pos, drawn, BULK)
    for v in range(1, 15):
        mine = drawn.pairs[1] == v
        assert (drawn.pairs[0][mine] < v).all()
        anchors = pos[drawn.pairs[0][mine]] - drawn.shift[mine] @ TRICLINIC
        arms = anchors[1:] - anchors[0]
        side = (arms**2).sum(1) - length[mine][1:] ** 2 + length[mine][0] ** 2
        point = np.linalg.lstsq(2 * arms, side, rcond=None)[0] + anchors[0]
        assert np.allclose(point, pos[v], atol=1e-8)


def test_nearest_neighbours_see_images():
    pos = np.array([[0.1, 0.0, 0.0], [4.9, 0.0, 0.0]])
    drawn = NearestNeighbours(k=1).sample(pos, np.random.default_rng(0), lattice=BULK)
    assert drawn.pairs.tolist() == [[0], [1]]
    assert drawn.shift.tolist() == [[-1, 0, 0]]


def test_the_mean_over_draws_is_all_pairs_and_the_backbone():
    pos = atoms(80) * np.array([3.0, 3.0, 3.0])
    lattice = Lattice(3 * TRICLINIC, (True, True, True))
    rng = np.random.default_rng(0)
    sampler = Backbone()
    weights = [sampler.sample(pos, rng, lattice=lattice).weight.sum() for _ in range(30)]
    whole = Backbone(complete_below=80).sample(pos, rng, lattice=lattice)
    assert (whole.weight == 1).all()
    assert abs(np.mean(weights) - len(whole.weight)) < 5 * np.std(weights) / 30**0.5
    rows = np.concatenate([whole.pairs, whole.shift.T]).T
    assert len(np.unique(rows, axis=0)) == len(rows)


@pytest.mark.parametrize("complete_below", [0, 64])
def test_the_mean_over_draws_is_the_energy_of_the_crystal(complete_below):
    # On 8 atoms the mean was 0.3842, the complete energy 0.3778.
    pos = torch.from_numpy(atoms(8))
    cell = torch.from_numpy(TRICLINIC)
    noise = torch.Generator().manual_seed(0)
    pred = pos + 0.2 * torch.randn(8, 3, generator=noise, dtype=torch.double)
    expected = crystal_energy(pred, pos, cell, stiffness=Exponential()).item()
    transform = RigidEdgeTransform(complete_below=complete_below, seed=0)
    loss = PairEnergyLoss(normalize=None)
    draws = [
        loss(pred, transform(Data(pos=pos, cell=cell[None]))).item()
        for _ in range(300 if complete_below == 0 else 1)
    ]
    error = np.std(draws) / len(draws) ** 0.5
    assert abs(np.mean(draws) - expected) <= 4 * error + 1e-9 * expected
    assert (len(set(draws)) > 1) == (complete_below == 0)


@pytest.mark.parametrize("lattice", [BULK, SLAB], ids=["bulk", "slab"])
@pytest.mark.parametrize("wide", [1, 3])
def test_every_periodic_draw_holds_the_atoms_and_the_lattice(lattice, wide):
    lattice = Lattice(wide * lattice.cell, lattice.pbc)
    pos = np.random.default_rng(0).random((8 * wide**2, 3)) @ (wide * TRICLINIC)
    every = image_pairs(pos, lattice)
    chosen = rigid_images(pos, every, lattice)
    assert chosen is not None
    bone = every.select(chosen, np.ones(chosen.sum()))
    assert stiffness_rank(pos, bone, lattice) == 3 * len(pos) - 3
    drawn = Backbone(complete_below=0).sample(pos, np.random.default_rng(1), lattice=lattice)
    rows = {(*p, *s) for p, s in zip(drawn.pairs.T.tolist(), drawn.shift.tolist(), strict=True)}
    bone_rows = zip(bone.pairs.T.tolist(), bone.shift.tolist(), strict=True)
    assert {(*p, *s) for p, s in bone_rows} <= rows


def test_all_images_are_kept_where_they_allow_no_rigid_choice():
    # A simple cubic row of atoms sees too few images: nothing is left out, rather than too much.
    pos = np.array([[0.0, 0, 0], [0.5, 0.1, 0.2]])
    lattice = Lattice(np.eye(3) * 9, (True, True, True))
    sampler = Backbone(complete_below=0, cutoff=2.0)
    drawn = sampler.sample(pos, np.random.default_rng(0), lattice=lattice)
    assert rigid_images(pos, image_pairs(pos, lattice, cutoff=2.0), lattice) is None
    assert (drawn.weight == 1).all()
    assert len(drawn.weight) == len(image_pairs(pos, lattice, cutoff=2.0).weight)


def test_bonds_take_their_nearest_image():
    pos = np.array([[0.1, 0.0, 0.0], [4.9, 0.0, 0.0]])
    sampler = BondEdges(complete_rigidity=False)
    drawn = sampler.sample(pos, np.random.default_rng(0), bonds=np.array([[0], [1]]), lattice=BULK)
    assert image_distance(pos, drawn, BULK) == pytest.approx([0.2])
    sampler = BondEdges()
    drawn = sampler.sample(pos, np.random.default_rng(0), bonds=np.array([[0], [1]]), lattice=BULK)
    assert stiffness_rank(pos, drawn, BULK) == 3


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_join(count):
    for sampler in (LaterationEdges(), NearestNeighbours()):
        drawn = sampler.sample(atoms(count), np.random.default_rng(0), lattice=BULK)
        assert drawn.pairs.shape == (2, 0)
        assert drawn.shift.shape == (0, 3)


def test_shifts_are_needed_to_compare():
    plain = PairSample(np.zeros((2, 0), int), np.zeros(0))
    with pytest.raises(ValueError, match="must both have shifts"):
        without(plain, plain)


def test_a_periodic_batch_is_drawn_in_the_loss():
    cells = torch.from_numpy(np.stack([TRICLINIC, 1.5 * TRICLINIC]))
    pos = torch.from_numpy(np.concatenate([atoms(3), 1.5 * atoms(70)]))
    items = [
        Data(pos=pos[:3], cell=cells[:1], pbc=torch.ones(1, 3, dtype=torch.bool)),
        Data(pos=pos[3:], cell=cells[1:], pbc=torch.ones(1, 3, dtype=torch.bool)),
    ]
    batch = Batch.from_data_list(items)
    sampler = Backbone(seed=0)
    edges, weight, shift = sampler(batch)
    assert (batch.batch[edges[0]] == batch.batch[edges[1]]).all()
    assert weight.shape == edges.shape[1:] == shift.shape[:1]
    length = pos[edges[1]] - pos[edges[0]]
    length = length + torch.einsum("ed,edc->ec", shift.double(), cells[batch.batch[edges[0]]])
    half = len(length) // 2
    assert torch.allclose(length[:half], -length[half:])
    pred = pos + 0.1 * torch.randn(pos.shape, generator=torch.Generator().manual_seed(0)).double()
    loss = PairEnergyLoss("constant", edges=sampler)
    assert loss(pred, batch) > 0
    assert loss(pos, batch) < 1e-12
    moved = pos + torch.tensor([1.0, 2.0, 3.0])
    assert loss(moved, batch) < 1e-12


def test_tosses_over_all_images_have_the_energy_of_the_crystal_as_their_mean():
    # By nearest images alone the mean was another one.
    pos, moved = torch.from_numpy(atoms(6)), torch.from_numpy(atoms(6) + atoms(6, seed=1) * 0.02)
    cell = torch.from_numpy(TRICLINIC)
    data = Data(pos=pos, cell=cell[None])
    loss = PairEnergyLoss("exponential", edges=ErdosRenyi(edges_per_atom=8, seed=0), normalize=None)
    draws = [float(loss(moved, data)) for _ in range(300)]
    expected = float(crystal_energy(moved, pos, cell, stiffness=Exponential()))
    assert abs(np.mean(draws) - expected) < 4 * np.std(draws) / len(draws) ** 0.5


def test_a_regular_graph_of_a_crystal_is_refused():
    with pytest.raises(ValueError, match="a regular graph knows no periodic images"):
        KRegular().sample(atoms(12), np.random.default_rng(0), lattice=BULK)
