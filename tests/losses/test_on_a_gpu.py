"""Every structure loss gives on a GPU what it gives on the CPU, and never waits for the device."""

import pytest
import torch
from torch_geometric.data import Batch

import pyg_energyloss as pel
from pyg_energyloss.losses import PaddedLoss, SpinLoss
from pyg_energyloss.testing import contract_batch

pytestmark = pytest.mark.gpu

DEVICE = "cuda"
LOSSES = [
    name
    for name in pel.registry.names("loss")
    if name != "energy_sparse"  # its edges are drawn again at every call
    and not isinstance(pel.registry.create("loss", name), SpinLoss)
]
#: What waits nowhere: sizes are known, nothing is read back.
CALM = ["energy", "energy_absolute", "energy_constant", "lddt", "distance_l1", "mse", "mae"]


@pytest.fixture(scope="module")
def molecules():
    rng = torch.Generator().manual_seed(3)
    test = pel.registry.create("dataset", "qm9_small", stereo=True)["test"]
    batch = Batch.from_data_list([test[i] for i in range(8)])
    return batch.pos + 0.2 * torch.randn(batch.pos.shape, generator=rng), batch


def value_and_gradient(loss, pos, batch):
    leaf = pos.detach().clone().requires_grad_()
    value = loss(leaf, batch)
    value.sum().backward()
    return value.detach().cpu(), leaf.grad.cpu()


@pytest.mark.parametrize("name", LOSSES)
def test_value_and_gradient_are_those_of_the_cpu(name):
    pos, batch = contract_batch()
    loss = pel.registry.create("loss", name)
    expected = value_and_gradient(loss, pos, batch)
    loss = pel.registry.create("loss", name).to(DEVICE)
    found = value_and_gradient(loss, pos.to(DEVICE), batch.clone().to(DEVICE))
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours - theirs).abs().max() <= 1e-4 * theirs.abs().max()


@pytest.mark.parametrize("name", CALM)
def test_nothing_is_read_back_from_the_device(molecules, name):
    pos, batch = molecules
    loss = pel.registry.create("loss", name)
    pos, batch = pos.to(DEVICE), batch.clone().to(DEVICE)
    expected = value_and_gradient(loss, pos, batch)  # compiles the kernels
    leaf = pos.clone().requires_grad_()
    torch.cuda.set_sync_debug_mode("error")
    try:
        loss(leaf, batch).backward()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    torch.testing.assert_close(leaf.grad.cpu(), expected[1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_autocast_changes_no_digit(molecules, dtype):
    pos, batch = molecules
    pos, batch = pos.to(DEVICE), batch.clone().to(DEVICE)
    loss = pel.PairEnergyLoss()
    expected = value_and_gradient(loss, pos, batch)
    with torch.autocast(DEVICE, dtype=dtype):
        found = value_and_gradient(loss, pos, batch)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("name", ["energy", "lddt"])
def test_compiled_code_gives_the_same(molecules, name):
    pos, batch = molecules
    pos, batch = pos.to(DEVICE), batch.clone().to(DEVICE)
    loss = pel.registry.create("loss", name)
    expected = value_and_gradient(loss, pos, batch)
    compiled = torch.compile(lambda p: loss(2.0 * p, batch), fullgraph=True)
    leaf = (0.5 * pos).requires_grad_()
    value = compiled(leaf)
    value.backward()
    found = value.detach().cpu(), 0.5 * leaf.grad.cpu()
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["energy", "lddt", "kabsch"])
def test_padded_samples_are_those_of_the_cpu(name):
    rng = torch.Generator().manual_seed(4)
    target = 5 * torch.randn(2, 1, 40, 3, generator=rng)
    pred = target + 0.3 * torch.randn(2, 5, 40, 3, generator=rng)
    mask = torch.arange(40) < torch.tensor([[[40]], [[23]]])
    loss = PaddedLoss(pel.registry.create("loss", name))
    expected = loss(pred, target, mask=mask)
    found = loss(pred.to(DEVICE), target.to(DEVICE), mask=mask.to(DEVICE))
    torch.testing.assert_close(found.cpu(), expected, rtol=1e-4, atol=1e-6)


def test_a_step_of_training_lowers_the_loss(molecules):
    pos, batch = molecules
    batch = batch.clone().to(DEVICE)
    moved = pos.to(DEVICE).clone().requires_grad_()
    optimizer, loss = torch.optim.Adam([moved], lr=1e-2), pel.PairEnergyLoss()
    first = float(loss(moved, batch))
    for _ in range(20):
        optimizer.zero_grad()
        loss(moved, batch).backward()
        optimizer.step()
    assert float(loss(moved, batch)) < first


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA devices")
def test_tensors_may_be_on_another_device_than_the_current_one(molecules):
    pos, batch = molecules
    loss = pel.PairEnergyLoss()
    expected = value_and_gradient(loss, pos, batch)
    with torch.cuda.device(0):
        found = value_and_gradient(loss, pos.to("cuda:1"), batch.clone().to("cuda:1"))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)
