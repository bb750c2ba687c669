"""A column from an atom to a periodic image of itself is a pair; one without a shift is none."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from pyg_energyloss import potentials, stiffness
from pyg_energyloss.functional import pair_energy

REST = 1 - sum(1 / (1 + math.exp(-t)) for t in (0.5, 1, 2, 4)) / 4


@pytest.fixture(params=["numba", "torch"])
def engine(request, monkeypatch):
    if request.param == "numba":
        pytest.importorskip("numba")
        monkeypatch.delenv("PYG_ENERGYLOSS_ENGINE", raising=False)
    else:
        monkeypatch.setenv("PYG_ENERGYLOSS_ENGINE", "torch")


def energy_of(columns, shifts, **options):
    pos = torch.tensor([[0.0, 0.1, 0.2], [1.0, 0.0, 0.3], [0.5, 2.0, 0.0]], dtype=torch.float64)
    options = {"potential": potentials.LDDT(), "cell": 2.0 * torch.eye(3), **options}
    shifts = torch.tensor(shifts).reshape(-1, 3)
    return pair_energy(pos, pos, torch.tensor(columns).T, edge_shift=shifts, **options)


def test_its_energy_is_that_of_a_pair_at_rest(engine):
    columns, shifts = [[0, 0], [0, 0]], [[1, 0, 0], [-1, 0, 0]]
    assert energy_of(columns, shifts).item() == pytest.approx(2 * REST)
    assert energy_of(columns[:1], shifts[:1]).item() == pytest.approx(REST)
    found = energy_of(columns, shifts, stiffness=stiffness.Exponential())
    assert found.item() == pytest.approx(2 * math.exp(-2.0) * REST)


def test_a_column_without_shift_is_no_pair(engine):
    assert energy_of([[0, 0], [1, 1]], [[0, 0, 0], [0, 0, 0]]).item() == 0.0


def test_beside_columns_of_both_directions_it_counts_once(engine):
    columns = [[0, 1], [1, 0], [2, 2]]
    found = energy_of(columns, [[0, 0, 0], [0, 0, 0], [0, 1, 1]])
    assert found.item() == pytest.approx(3 * REST)


def test_weights_cutoff_and_graphs_are_those_of_other_columns(engine):
    batch, weight = torch.tensor([0, 0, 1]), torch.tensor([0.5, 3.0, 2.0, 7.0])
    columns = [[0, 0], [2, 2], [2, 2], [1, 1]]
    shifts = [[1, 0, 0], [0, 0, 1], [0, 0, 2], [0, 0, 0]]
    options = {"edge_weight": weight, "batch": batch, "num_graphs": 3, "cutoff": 3.0}
    found = energy_of(columns, shifts, graph_weight=torch.tensor([2.0, 1.0, 1.0]), **options)
    assert found.tolist() == pytest.approx([REST, 3 * REST, 0.0])


def test_it_pulls_at_nothing(engine):
    target = torch.zeros(2, 3, dtype=torch.float64)
    target[1, 0] = 1.0
    columns, shift = torch.tensor([[0, 0], [0, 1]]), torch.tensor([[1, 0, 0], [0, 0, 0]])

    def energy(pos):
        options = {"potential": potentials.LDDT(), "cell": 2.0 * torch.eye(3)}
        return pair_energy(pos, target, columns, edge_shift=shift, **options)

    assert gradcheck(energy, (1.3 * target).requires_grad_())
