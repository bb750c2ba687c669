"""How far it is from a call of the loss to the kernel: Python calls and files of this package."""

import sys

import pytest
import torch
from torch_geometric.data import Batch, Data

import pyg_energyloss
from pyg_energyloss import PairEnergyLoss, registry

ROOT = pyg_energyloss.__path__[0]
MOST_CALLS, MOST_FILES = 18, 7
#: Machine code, which tells a profiler its name nevertheless.
COMPILED = {"kernel", "_fill", "_read"}
NAMED = ["energy", "energy_absolute", "energy_constant", "energy_inverse", "energy_inverse_square"]


def walked(call):
    """The frames of this package that a call enters, once everything is imported and compiled."""
    call()
    entered = []

    def note(frame, event, _argument):
        file, name = frame.f_code.co_filename, frame.f_code.co_name
        if event == "call" and file.startswith(ROOT) and name not in COMPILED:
            entered.append((file, name))

    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
    return entered


@pytest.fixture
def batch():
    rng = torch.Generator().manual_seed(0)
    pairs = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    sizes = (4, 7)
    graphs = [Data(pos=torch.randn(n, 3, generator=rng)) for n in sizes]
    whole = Batch.from_data_list(graphs)
    listed = Batch.from_data_list([Data(pos=g.pos, energy_edge_index=pairs) for g in graphs])
    return {"complete": whole, "listed": listed, "one": graphs[0]}


@pytest.mark.parametrize("kind", ["complete", "listed", "one"])
def test_a_loss_call_is_a_short_walk(batch, kind, monkeypatch):
    monkeypatch.delenv("PYG_ENERGYLOSS_ENGINE", raising=False)
    loss, data = PairEnergyLoss(), batch[kind]
    pred = (1.1 * data.pos).requires_grad_()
    entered = walked(lambda: loss(pred, data))
    assert len(entered) <= MOST_CALLS, entered
    assert len({file for file, _ in entered}) <= MOST_FILES, entered


@pytest.mark.parametrize("name", NAMED)
def test_a_named_loss_is_as_near_to_the_kernel(batch, name, monkeypatch):
    monkeypatch.delenv("PYG_ENERGYLOSS_ENGINE", raising=False)
    loss, data = registry.create("loss", name), batch["complete"]
    pred = (1.1 * data.pos).requires_grad_()
    entered = walked(lambda: loss(pred, data))
    assert len(entered) <= MOST_CALLS, entered
    assert len({file for file, _ in entered}) <= MOST_FILES, entered


@pytest.mark.parametrize(
    ("name", "most"), [("mse", 25), ("kabsch", 33), ("lddt", 48), ("energy_kabsch", 52)]
)
def test_what_aligns_or_counts_neighbours_walks_further_and_a_sum_its_parts(batch, name, most):
    loss, data = registry.create("loss", name), batch["complete"]
    pred = (1.1 * data.pos).requires_grad_()
    assert len(walked(lambda: loss(pred, data))) <= most
