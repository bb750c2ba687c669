import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss, registry
from pyg_energyloss.functional import crystal_energy
from pyg_energyloss.functional.crystals.carried import carried
from pyg_energyloss.losses import CrystalMSELoss, LatticeLoss, LossSum
from pyg_energyloss.stiffness import Exponential


def crystals(count=3):
    rng = np.random.default_rng(3)
    found = []
    for size in range(2, 2 + count):
        cell = 3.0 * (np.eye(3) + rng.uniform(-0.2, 0.2, size=(3, 3)))
        pos = torch.from_numpy(rng.random((size, 3)) @ cell)
        found.append(Data(pos=pos, cell=torch.from_numpy(cell)[None]))
    return Batch.from_data_list(found)


def disordered(data, sigma=0.3):
    noise = torch.from_numpy(np.random.default_rng(4).standard_normal(data.pos.shape))
    return data.pos + sigma * noise


def strain_gradient(loss, data, pos):
    """Derivative by a strain that the atoms go along with."""
    strain = torch.zeros(data.num_graphs, 3, 3, dtype=pos.dtype, requires_grad=True)
    cell = data.cell + data.cell @ strain
    loss(carried(pos, data.cell, cell, batch=data.batch), data, cell).backward()
    return strain.grad


def test_disorder_of_the_atoms_does_not_pull_at_the_lattice():
    data = crystals()
    pos = disordered(data)
    apart = strain_gradient(LatticeLoss(), data, pos)
    assert apart.abs().max() < 1e-12
    # One energy of both asks for a smaller cell: the gradient of a uniform expansion is positive.
    together = strain_gradient(PairEnergyLoss(reduction="sum"), data, pos)
    assert (together.diagonal(dim1=1, dim2=2).sum(dim=1) > 0.1).all()


def test_it_is_the_energy_of_the_atoms_in_the_true_cell_and_of_the_strained_true_crystal():
    data = crystals(1)
    cell = data.cell * torch.tensor([1.1, 0.9, 1.0], dtype=torch.float64)
    pos = disordered(data)
    loss = LatticeLoss(PairEnergyLoss(normalize=None), weight=0.25)
    fraction, true = (p @ torch.linalg.inv(c[0]) for p, c in ((pos, cell), (data.pos, data.cell)))
    law = {"stiffness": Exponential()}
    atoms = crystal_energy(fraction @ data.cell[0], data.pos, data.cell, **law)
    strain = crystal_energy(true @ cell[0], data.pos, data.cell, cell_pred=cell, **law)
    torch.testing.assert_close(loss(pos, data, cell), (atoms + 0.25 * strain)[0])


def test_it_is_zero_at_the_truth_and_blind_to_rotation_origin_and_wrapping():
    data = crystals()
    loss = LatticeLoss(PairEnergyLoss("inverse_square", potential="absolute"), weight=2.0)
    turn = torch.linalg.qr(torch.from_numpy(np.random.default_rng(5).random((3, 3))))[0]
    assert loss(data.pos @ turn + 0.7, data, data.cell @ turn).abs() < 1e-10
    pos, cell = disordered(data), 1.05 * data.cell
    jumps = torch.from_numpy(np.random.default_rng(6).integers(-2, 3, data.pos.shape)).double()
    moved = pos + (jumps[:, :, None] * cell[data.batch]).sum(dim=1)
    torch.testing.assert_close(loss(moved @ turn + 0.7, data, cell @ turn), loss(pos, data, cell))


def test_a_supercell_costs_the_same_per_atom():
    data = crystals(1)
    pos, cell = disordered(data), 1.05 * data.cell
    twice = torch.tensor([2.0, 1.0, 1.0])[:, None]
    double = Data(pos=torch.cat([data.pos, data.pos + data.cell[0, 0]]), cell=data.cell * twice)
    guess = torch.cat([pos, pos + cell[0, 0]])
    torch.testing.assert_close(
        LatticeLoss()(guess, double, cell * twice), LatticeLoss()(pos, data, cell)
    )


def test_without_a_predicted_lattice_it_is_the_inner_loss():
    data = crystals()
    pos = disordered(data)
    assert LatticeLoss(weight=3.0)(pos, data) == PairEnergyLoss()(pos, data)


def test_gradients_of_positions_and_cell_are_those_of_finite_differences():
    data = crystals(1)
    pos, cell = disordered(data).requires_grad_(), (1.05 * data.cell).requires_grad_()
    assert torch.autograd.gradcheck(lambda p, c: LatticeLoss()(p, data, c), (pos, cell))


def test_an_atom_that_is_not_there_leaves_no_trace():
    data = crystals()
    cell = (1.05 * data.cell).requires_grad_()
    pos = disordered(data).requires_grad_()
    data.pos_mask = torch.ones(len(pos), dtype=torch.bool)
    data.pos_mask[1] = False
    data.pos[1] = torch.nan
    value = LatticeLoss()(torch.where(data.pos_mask[:, None], pos, torch.nan), data, cell)
    value.backward()
    assert value.isfinite()
    assert cell.grad.isfinite().all()


@pytest.mark.parametrize("name", ["energy_lattice", "energy_absolute_lattice"])
def test_the_registered_ones_weigh_the_lattice_as_told(name):
    data = crystals(1)
    cell, still = 1.1 * data.cell, carried(data.pos, data.cell, 1.1 * data.cell)
    one, two = (
        registry.create("loss", name, lattice_weight=w)(still, data, cell) for w in (1.0, 2.0)
    )
    assert one > 0
    torch.testing.assert_close(two, 2 * one)


def test_what_repeats_in_part_or_not_at_all_is_refused():
    data = Data(pos=torch.zeros(1, 3), cell=torch.eye(3)[None], pbc=torch.tensor([[True] * 3]))
    data.pbc[0, 2] = False
    with pytest.raises(ValueError, match="repeats along all axes"):
        LatticeLoss()(data.pos, data, data.cell)
    with pytest.raises(ValueError, match="repeats along all axes"):
        LatticeLoss()(data.pos, Data(pos=data.pos), data.cell)
    with pytest.raises(ValueError, match="`weight` must be finite and at least 0"):
        LatticeLoss(weight=-1.0)


def test_a_sum_passes_the_predicted_lattice_on():
    data = crystals()
    pos, cell = disordered(data), 1.05 * data.cell
    pair, wrapped = PairEnergyLoss(), CrystalMSELoss()
    both = pair + 0.5 * wrapped
    assert isinstance(both, LossSum)
    torch.testing.assert_close(
        both(pos, data, cell), pair(pos, data, cell) + 0.5 * wrapped(pos, data, cell)
    )
