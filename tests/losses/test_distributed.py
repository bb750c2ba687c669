"""Two processes train together: equal gradients by choice, and nobody waits unless asked to."""

import subprocess
import sys

import pytest
import torch
from torch_geometric.data import Batch, Data

import pyg_energyloss as pel
from pyg_energyloss.losses import global_mean

WORKER = """
import datetime, os, sys, torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch_geometric.data import Batch, Data
import pyg_energyloss as pel
from pyg_energyloss.losses import global_mean

rank, path = int(sys.argv[1]), sys.argv[2]
torch.set_num_threads(1)
wait = datetime.timedelta(seconds=600)
store = dist.FileStore(f"{path}/store", 2)
dist.init_process_group("gloo", store=store, rank=rank, world_size=2, timeout=wait)
structures = torch.load(f"{path}/structures.pt", weights_only=True)
mine = structures[:3] if rank == 0 else structures[3:]
batch = Batch.from_data_list([Data(pos=pos) for pos in mine])
model = torch.nn.Linear(3, 3).double()
model.load_state_dict(torch.load(f"{path}/model.pt", weights_only=True))
model = DistributedDataParallel(model)
loss = 0.7 * pel.PairEnergyLoss() + 0.3 * pel.KabschMSELoss() + pel.CoordinateMSELoss()
global_mean(loss)(model(batch.pos), batch).backward()
if rank == 0:
    torch.save([p.grad for p in model.parameters()], f"{path}/gradients.pt")
pos = (2.0 * batch.pos).requires_grad_()
if rank == 0:
    loss(pos, batch).backward()
    print("the mean waited for nobody")
del model
store.set(f"done{rank}", "")
store.wait(["done0", "done1"], wait)  # nobody leaves while the other still talks to it
if rank == 0:
    store.wait(["gone"], wait)
    try:
        global_mean(loss)(pos, batch).backward()
    except RuntimeError as error:
        print(error)
else:
    store.set("gone", "")
sys.stdout.flush()
os._exit(0)  # the group is broken on purpose, it can not be taken down in order
"""


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    """The structures, a model, its gradients in two processes, what the first one printed."""
    path = tmp_path_factory.mktemp("two")
    rng = torch.Generator().manual_seed(5)
    made = [torch.randn(n, 3, generator=rng, dtype=torch.float64) for n in (4, 9, 2, 7, 15)]
    model = torch.nn.Linear(3, 3).double()
    torch.save(made, path / "structures.pt")
    torch.save(model.state_dict(), path / "model.pt")
    command = [sys.executable, "-c", WORKER]
    workers = [
        subprocess.Popen([*command, str(rank), str(path)], stdout=subprocess.PIPE, text=True)
        for rank in (0, 1)
    ]
    printed = [worker.communicate()[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0]
    found = torch.load(path / "gradients.pt", weights_only=True)
    return Batch.from_data_list([Data(pos=pos) for pos in made]), model, found, printed


def test_two_processes_with_unequal_shares_give_the_gradient_of_one(two_processes):
    batch, model, found, _ = two_processes
    loss = 0.7 * pel.PairEnergyLoss() + 0.3 * pel.KabschMSELoss() + pel.CoordinateMSELoss()
    loss(model(batch.pos), batch).backward()
    for gradient, parameter in zip(found, model.parameters(), strict=True):
        scale = parameter.grad.abs().max()
        assert (gradient - parameter.grad).abs().max() / scale < 1e-6


def test_a_mean_waits_for_no_other_process(two_processes):
    assert "the mean waited for nobody" in two_processes[3][0]


def test_a_global_mean_whose_partner_has_left_says_so(two_processes):
    first, second = two_processes[3]
    assert "every process to call the loss equally often" in first
    assert not second


def test_a_global_mean_alone_is_the_mean():
    pos_pred, batch = pel.testing.contract_batch()
    loss = 0.7 * pel.PairEnergyLoss() + pel.KabschMSELoss(reduction="sum")
    assert torch.equal(global_mean(loss)(pos_pred, batch), loss(pos_pred, batch))
