import itertools

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss.functional import minimum_image, unwrap
from pyg_energyloss.functional.crystals.lattice import periodic_cell, reduce_cell

BETA = np.radians(115)
MONOCLINIC = torch.tensor(
    [[3.0, 0, 0], [0, 5, 0], [20 * np.cos(BETA), 0, 20 * np.sin(BETA)]], dtype=torch.float
)


def skewed_cells(count=60):
    rng = np.random.default_rng(0)
    while count:
        dim = int(rng.integers(1, 4))
        cell = rng.normal(size=(dim, dim)) * rng.uniform(0.3, 3, size=(dim, 1))
        cell = (rng.integers(-3, 4, size=(dim, dim)) + np.eye(dim)) @ cell
        if abs(np.linalg.det(cell)) > 0.05:
            count -= 1
            yield cell, rng.random(dim) < 0.8, rng


def test_a_reduced_cell_makes_the_same_lattice_with_shorter_vectors():
    for cell, repeats, _ in skewed_cells():
        found = reduce_cell(cell[None], repeats[None])
        change = found.change[0][np.ix_(repeats, repeats)]
        assert abs(round(np.linalg.det(change))) == 1
        assert np.allclose(change @ cell[repeats], found.cell[0, repeats])
        assert np.linalg.norm(found.cell[0, repeats]) <= np.linalg.norm(cell[repeats]) + 1e-9
        assert np.allclose(found.cell[0] @ found.inverse[0], np.eye(len(cell)))


def test_the_nearest_image_is_found_in_every_cell():
    for cell, repeats, rng in skewed_cells():
        pos = rng.normal(size=(10, len(cell))) * 3
        pairs = np.stack(np.triu_indices(10, 1))
        arrays = [torch.from_numpy(x) for x in (pos, pairs, cell)]
        shift = minimum_image(*arrays, pbc=torch.from_numpy(repeats)).numpy()
        assert (shift[:, ~repeats] == 0).all()
        vector = pos[pairs[1]] - pos[pairs[0]] + shift @ cell
        short = np.where(repeats[:, None], reduce_cell(cell[None], repeats[None]).cell[0], 0.0)
        around = np.array(list(itertools.product(range(-4, 5), repeat=len(cell))))
        every = np.linalg.norm(vector[:, None] + around @ short, axis=2)
        assert np.allclose(np.linalg.norm(vector, axis=1), every.min(axis=1))


def test_the_nearest_image_is_found_in_a_long_monoclinic_cell():
    # a = 3, b = 5, c = 20, beta = 115 degrees: 49 of 780 pairs were not the nearest.
    noise = torch.Generator().manual_seed(0)
    pos = torch.rand(40, 3, generator=noise) @ MONOCLINIC
    pairs = torch.triu_indices(40, 40, 1)
    shift = minimum_image(pos, pairs, MONOCLINIC)
    found = (pos[pairs[1]] - pos[pairs[0]] + shift @ MONOCLINIC).norm(dim=1)
    around = torch.tensor(list(itertools.product(range(-9, 10), range(-2, 3), range(-2, 3))))
    vector = (pos[pairs[1]] - pos[pairs[0]])[:, None] + around.float() @ MONOCLINIC
    assert torch.allclose(found, vector.norm(dim=2).amin(dim=1), atol=1e-4)


def test_unwrapping_is_blind_to_origin_and_wrapping():
    noise = torch.Generator().manual_seed(1)
    pos = torch.rand(7, 3, generator=noise).double() @ MONOCLINIC.double()
    pred = pos + 0.2 * torch.randn(7, 3, generator=noise).double()
    cell = MONOCLINIC.double()
    for origin in torch.rand(5, 1, 3, generator=noise).double() * 30:
        turns = torch.randint(-3, 4, (7, 3), generator=noise).double()
        found = unwrap(pred + origin + turns @ cell, pos, cell)
        moved = found - pred
        assert torch.allclose(moved, moved[:1].expand(7, 3))


def test_unwrapping_follows_a_predicted_cell_and_batches():
    noise = torch.Generator().manual_seed(2)
    cell = torch.stack([MONOCLINIC, 4 * torch.eye(3)]).double()
    wide = (1.05 * cell).requires_grad_()
    fraction = torch.rand(6, 3, generator=noise).double()
    batch = torch.tensor([0, 1, 0, 1, 1, 0])
    pos = (fraction[:, :, None] * cell[batch]).sum(1)
    turns = torch.randint(-2, 3, (6, 3), generator=noise).double()
    pred = ((fraction + turns)[:, :, None] * wide[batch]).sum(1)
    found = unwrap(pred, pos, cell, cell_pred=wide, batch=batch)
    expected = ((fraction)[:, :, None] * wide[batch]).sum(1)
    for graph in range(2):
        moved = (found - expected)[batch == graph]
        assert torch.allclose(moved, moved[:1].expand(3, 3))
    assert torch.autograd.grad(found.sum(), wide)[0].abs().sum() > 0


def test_a_cell_alone_repeats_along_all_axes():
    data = Data(pos=torch.zeros(2, 3), cell=torch.eye(3)[None])
    assert periodic_cell(data, 1, 3)[1].all()
    assert periodic_cell(Data(pos=torch.zeros(2, 3)), 1, 3) is None
    data.pbc = torch.tensor([[True, False, True]])
    batch = Batch.from_data_list([data, data])
    assert periodic_cell(batch, 2, 3)[1].tolist() == [[True, False, True]] * 2
    data.pbc = torch.tensor(False)
    assert not periodic_cell(data, 1, 3)[1].any()


def test_cells_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"`data.cell` must have shape \[num_graphs, 3, 3\]"):
        periodic_cell(Data(cell=torch.eye(2)), 1, 3)
    with pytest.raises(ValueError, match=r"`data\.pbc` must have one flag per axis"):
        periodic_cell(Data(cell=torch.eye(3), pbc=torch.ones(2)), 1, 3)
    with pytest.raises(ValueError, match="`cell` must be finite"):
        reduce_cell(np.full((1, 3, 3), np.nan), np.ones((1, 3), bool))
