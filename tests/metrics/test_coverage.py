"""Coverage and matching of conformers: by hand, grouped, masked, refused."""

import pytest
import torch
from torch_geometric.data import Batch, Data

pytest.importorskip("torchmetrics")
from pyg_energyloss.data import druglike
from pyg_energyloss.metrics import Coverage


def line(half, name="line", **fields):
    """A triatomic of two bonds of one length; RMSDs of two such are √(2/3) of the difference."""
    pos = half * torch.tensor([[0.0, 0, 0], [1, 0, 0], [-1, 0, 0]])
    bonds = torch.tensor([[0, 0, 1, 2], [1, 2, 0, 0]])
    return Data(pos=pos, z=torch.tensor([8, 1, 1]), edge_index=bonds, group=name, **fields)


def kept(metric, predicted, true, name="line", **fields):
    batch = Batch.from_data_list([line(half, name, **fields) for half in true])
    metric.update(torch.cat([line(half).pos for half in predicted]) + 5.0, batch)
    return metric


FACTOR = (2 / 3) ** 0.5


def test_recall_is_over_the_true_and_precision_over_the_predicted():
    found = kept(Coverage(threshold=0.5), [1.0, 1.1, 1.2], [1.0, 2.0, 4.0]).compute()
    assert found["cov_recall"].item() == pytest.approx(1 / 3)
    assert found["mat_recall"].item() == pytest.approx((0 + 0.8 + 2.8) / 3 * FACTOR, abs=1e-4)
    assert found["cov_precision"].item() == 1
    assert found["mat_precision"].item() == pytest.approx((0 + 0.1 + 0.2) / 3 * FACTOR, abs=1e-4)


def test_conformers_of_a_molecule_may_come_in_any_batches_and_molecules_count_alike():
    whole = Coverage(threshold=0.5)
    kept(kept(whole, [1.0, 1.1], [1.0, 2.0], "a"), [3.0], [1.0], "b")
    parts = Coverage(threshold=0.5)
    kept(kept(kept(parts, [1.0], [1.0], "a"), [3.0], [1.0], "b"), [1.1], [2.0], "a")
    for name, value in whole.compute().items():
        torch.testing.assert_close(parts.compute()[name], value)
    assert whole.compute()["cov_recall"].item() == pytest.approx((1 / 2 + 0) / 2)


def test_groups_may_be_integers_and_each_true_structure_be_given_twice():
    once = kept(Coverage(threshold=0.5), [1.0, 2.0], [1.0, 3.0]).compute()
    twice = Coverage(threshold=0.5, group="molecule")
    true, predicted = [1.0, 1.0, 3.0, 3.0], [1.0, 2.0, 1.0, 2.0]
    kept(twice, predicted, true, molecule=torch.tensor([7]))
    for name, value in twice.compute().items():
        torch.testing.assert_close(value, once[name])


def test_a_masked_atom_is_exactly_one_that_is_not_there():
    heavy = torch.tensor([True, True, False])
    masked = kept(Coverage(), [1.0, 3.0], [1.0, 2.0], pos_mask=heavy)
    deleted = Coverage()
    batch = Batch.from_data_list([line(half).subgraph(heavy) for half in (1.0, 2.0)])
    deleted.update(torch.cat([line(half).pos[heavy] for half in (1.0, 3.0)]), batch)
    for name, value in masked.compute().items():
        torch.testing.assert_close(value, deleted.compute()[name], rtol=1e-5, atol=1e-3)
    expected = (0 + 0.5) / 2  # two atoms: half the difference of their distances, 1 or 3 to 2
    assert masked.compute()["mat_recall"].item() == pytest.approx(expected, abs=1e-3)


def test_a_prediction_that_is_not_finite_covers_nothing():
    found = kept(Coverage(threshold=0.5), [torch.nan, 1.0], [1.0, 1.0]).compute()
    assert found["cov_precision"].item() == 0.5
    assert found["cov_recall"].item() == 1
    assert found["mat_precision"].isinf()


def test_without_conformers_it_is_not_a_number():
    metric = Coverage()
    with pytest.warns(UserWarning, match="compute"):
        assert all(value.isnan() for value in metric.compute().values())


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match=r"`threshold` must be positive \(Å\), got 0"):
        Coverage(threshold=0)
    with pytest.raises(ValueError, match="must have `edge_index`, `z` for every atom and `conf`"):
        kept(Coverage(group="conf"), [1.0], [1.0])
    metric = kept(Coverage(), [1.0], [1.0], "a")
    other = Data(pos=torch.rand(2, 3), z=torch.tensor([8, 1]), group="a")
    other.edge_index = torch.tensor([[0], [1]])
    metric.update(other.pos, Batch.from_data_list([other]))
    with pytest.raises(ValueError, match=r"`data.group` must be that of one molecule"):
        metric.compute()


def test_the_conformers_of_our_data_sets_belong_together():
    molecules = druglike()["test"]
    first = molecules.table.group[int(molecules[0].mol_id)]
    rows = [i for i in range(len(molecules)) if int(molecules[i].group) == first]
    assert len(rows) > 1
    batch = Batch.from_data_list([molecules[i] for i in rows])
    batch.pos_mask = batch.z > 1
    one_answer = molecules[rows[0]].pos.repeat(len(rows), 1)
    metric = Coverage(threshold=0.1)
    metric.update(one_answer, batch)
    found = {name: value.item() for name, value in metric.compute().items()}
    assert found["cov_precision"] == 1.0
    assert found["cov_recall"] < 1.0
    assert found["mat_recall"] > found["mat_precision"]
