"""Metrics of two halves in two processes are those of all in one."""

import subprocess
import sys

import pytest
import torch
from torch_geometric.data import Batch

pytest.importorskip("torchmetrics")
from pyg_energyloss import metrics, registry

NAMES = ["LDDT", "DistanceMAE", "BondMAE", "SymmetricRMSD", "StereoAccuracy", "Coverage"]

WORKER = """
import datetime, os, sys, torch
import torch.distributed as dist
from pyg_energyloss import metrics

rank, path = int(sys.argv[1]), sys.argv[2]
torch.set_num_threads(1)
wait = datetime.timedelta(seconds=600)
store = dist.FileStore(f"{path}/store", 2)
dist.init_process_group("gloo", store=store, rank=rank, world_size=2, timeout=wait)
halves = torch.load(f"{path}/halves.pt", weights_only=False)
found = {}
for name in sys.argv[3:]:
    metric = getattr(metrics, name)()
    metric.update(*halves[rank])
    found[name] = metric.compute()
torch.save(found, f"{path}/found{rank}.pt")
store.set(f"done{rank}", "")
store.wait(["done0", "done1"], wait)  # nobody leaves while the other still talks to it
os._exit(0)
"""


def scored(items, seed):
    rng = torch.Generator().manual_seed(seed)
    batch = Batch.from_data_list(items)
    return batch.pos + 0.3 * torch.randn(batch.pos.shape, generator=rng), batch


def test_two_halves_in_two_processes_give_the_metric_of_all(tmp_path):
    train = registry.create("dataset", "qm9_small")["train"]
    # Molecule 40 is in both halves: its conformers meet only where the processes do.
    halves = [[train[i].clone() for i in rows] for rows in ([10, 40, 70, 90, 40], [120, 40, 5])]
    for number, item in enumerate(item for half in halves for item in half):
        item.pos = item.pos * (1.0 + 0.02 * number)
    scores = [scored(half, seed) for seed, half in enumerate(halves)]
    torch.save(scores, tmp_path / "halves.pt")
    command = [sys.executable, "-c", WORKER]
    workers = [subprocess.Popen([*command, str(rank), str(tmp_path), *NAMES]) for rank in (0, 1)]
    assert [worker.wait() for worker in workers] == [0, 0]
    for name in NAMES:
        one = getattr(metrics, name)()
        for score in scores:
            one.update(*score)
        expected = one.compute()
        for rank in (0, 1):
            found = torch.load(tmp_path / f"found{rank}.pt", weights_only=False)[name]
            torch.testing.assert_close(found, expected, equal_nan=True)
