import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import registry
from pyg_energyloss.losses import CrystalMSELoss


def batch():
    pos = torch.tensor([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]])
    one = Data(pos=pos, cell=4 * torch.eye(3)[None], pbc=torch.ones(1, 3, dtype=torch.bool))
    return Batch.from_data_list([one, one])


def test_it_feels_the_lattice_by_its_weight():
    data = batch()
    cell = data.cell.clone()
    cell[0, 0, 0] += 0.6
    pos = torch.einsum("na,nab->nb", data.pos / 4, cell[data.batch])
    for weight in (0.0, 0.5):
        found = CrystalMSELoss(lattice=weight, reduction="none")(pos, data, cell_pred=cell)
        torch.testing.assert_close(found, torch.tensor([weight * 0.6**2 / 3, 0.0]))


def test_translation_is_free_for_the_aligned_one_alone():
    data = batch()
    assert registry.create("loss", "crystal_aligned_mse")(data.pos + 0.5, data) < 1e-10
    moved = registry.create("loss", "crystal_mse")(data.pos + 0.5, data)
    assert moved.item() == pytest.approx(0.25, abs=1e-6)


def test_structures_without_a_cell_have_no_images():
    data = Data(pos=torch.zeros(1, 3))
    assert CrystalMSELoss()(torch.full((1, 3), 5.0), data).item() == pytest.approx(25.0)
    with pytest.raises(ValueError, match="`cell_pred` needs the true lattice"):
        CrystalMSELoss()(data.pos, data, cell_pred=torch.eye(3)[None])


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match="`lattice` must be a weight of at least 0"):
        CrystalMSELoss(lattice=-1.0)
