"""Two processes with unequal numbers of graphs give the gradient of one process."""

import subprocess
import sys

import torch
from torch_geometric.data import Batch, Data

import pyg_energyloss as pel

WORKER = """
import sys, torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch_geometric.data import Batch, Data
import pyg_energyloss as pel

rank, path = int(sys.argv[1]), sys.argv[2]
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method=f"file://{path}/store", rank=rank, world_size=2)
structures = torch.load(f"{path}/structures.pt", weights_only=True)
mine = structures[:3] if rank == 0 else structures[3:]
batch = Batch.from_data_list([Data(pos=pos) for pos in mine])
model = torch.nn.Linear(3, 3).double()
model.load_state_dict(torch.load(f"{path}/model.pt", weights_only=True))
model = DistributedDataParallel(model)
loss = 0.7 * pel.PairEnergyLoss() + 0.3 * pel.KabschMSELoss() + pel.CoordinateMSELoss()
loss(model(batch.pos), batch).backward()
if rank == 0:
    torch.save([p.grad for p in model.parameters()], f"{path}/gradients.pt")
dist.destroy_process_group()
"""


def test_two_processes_give_the_gradient_of_one(tmp_path):
    rng = torch.Generator().manual_seed(5)
    sizes = (4, 9, 2, 7, 15)
    structures = [torch.randn(n, 3, generator=rng, dtype=torch.float64) for n in sizes]
    model = torch.nn.Linear(3, 3).double()
    torch.save(structures, tmp_path / "structures.pt")
    torch.save(model.state_dict(), tmp_path / "model.pt")
    command = [sys.executable, "-c", WORKER]
    workers = [subprocess.Popen([*command, str(rank), str(tmp_path)]) for rank in (0, 1)]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    batch = Batch.from_data_list([Data(pos=pos) for pos in structures])
    loss = 0.7 * pel.PairEnergyLoss() + 0.3 * pel.KabschMSELoss() + pel.CoordinateMSELoss()
    loss(model(batch.pos), batch).backward()
    found = torch.load(tmp_path / "gradients.pt", weights_only=True)
    for gradient, parameter in zip(found, model.parameters(), strict=True):
        scale = parameter.grad.abs().max()
        assert (gradient - parameter.grad).abs().max() / scale < 1e-6
