"""A short training on embedded molecules, loss by loss: the last case of `benchmarks/gpu.py`.

The geometry task of `energyloss compare` in its smallest form: the plain network learns the
structure of a molecule from its graph; the target is rotated at random. Equal steps, batches and
seeds for every loss, one learning rate: whether training works on the device and what a step takes,
not which loss is best.
"""

from __future__ import annotations

import time
from typing import Any

import torch

from pyg_energyloss import registry
from pyg_energyloss.data.loader import FlatLoader
from pyg_energyloss.experiments.structures.tasks import Geometry
from pyg_energyloss.metrics.geometry import GeometryEvaluator
from pyg_energyloss.models.gnn import PlainGNN

CASE = "training"
WAYS = ("mse", "kabsch", "energy", "lddt")
STEPS = {"cuda": 1500, "cpu": 20}
GRAPHS, RATE, SEED, TESTED = 64, 2e-3, 0, 200
NAMES = {
    "mse": ("mse", {}),
    "kabsch": ("kabsch", {}),
    "energy": ("energy", {"stiffness": "exponential"}),
    "lddt": ("lddt", {}),
}


def trained(way: str, device: str) -> dict[str, Any]:
    """Bond-length MAE in Å on test molecules after training, and milliseconds per step."""
    torch.manual_seed(SEED)  # the weights of the network
    splits = registry.create("dataset", "qm9_small")
    name, options = NAMES[way]
    loss = registry.create("loss", name, **options)
    network, task = PlainGNN().to(device), Geometry()
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    rng = torch.Generator(device).manual_seed(SEED)
    loader = FlatLoader(splits["train"], batch_size=GRAPHS, shuffle=True, seed=SEED, drop_last=True)
    steps, batches = STEPS[device], loader.stream()
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    began, first = 0.0, 0.0
    for step in range(steps):
        if step == steps // 10:  # kernels are compiled by then
            began = clock(device)
        batch = task.prepare(next(batches).to(device), rng)
        value = loss(network(batch), batch)
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        first = first or float(value)
    each = 1e3 * (clock(device) - began) / (steps - steps // 10)
    (test,) = FlatLoader(splits["test"][:TESTED], batch_size=TESTED)
    test = task.prepare(test.to(device), rng)
    with torch.no_grad():
        error = GeometryEvaluator()(network(test), test)["bond_mae"].nanmean()
    return {
        "steps": steps,
        "step_ms": round(each, 3),
        "first_loss": first,
        "last_loss": float(value),
        "bond_mae": float(error),
    }


def clock(device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()
