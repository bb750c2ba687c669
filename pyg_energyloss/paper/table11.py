"""Table 11: time of the losses by number of atoms."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch_geometric.data import Data

from pyg_energyloss.files import write_json
from pyg_energyloss.losses import CoordinateMSELoss, KabschMSELoss, PairEnergyLoss
from pyg_energyloss.paper.exhibit import NOT_MEASURED, Exhibit, Trend
from pyg_energyloss.paper.sources import measured, published
from pyg_energyloss.paper.values import published_rows
from pyg_energyloss.samplers import random_regular

RESULT = "paper_table11"
SIZES = (30, 300, 3000, 30000, 300000)
#: Above this the complete graph takes a minute and more.
COMPLETE_UP_TO = 30000
#: Rounds of a timing, and seconds after which no more are begun.
LEAST, MOST, SECONDS = 3, 200, 1.0
LOSSES: dict[str, Callable[[], Any]] = {
    "energy": lambda: PairEnergyLoss("exponential", edges="complete"),
    "energy, sparse": lambda: PairEnergyLoss("exponential", edges="data"),
    "mse": CoordinateMSELoss,
    "kabsch": KabschMSELoss,
}


def build() -> Exhibit:
    """Return the table with what was measured here."""
    table, result = published()["table11"], measured(RESULT)
    ms = {} if result is None else result["ms"]
    shown = {
        str(size): tuple(
            _digits(ms[name][str(size)]) if str(size) in ms[name] else NOT_MEASURED
            for name in table["columns"]
        )
        for size in SIZES
        if ms
    }
    sparse, kabsch = ms.get("energy, sparse", {}), ms.get("kabsch", {})
    energy = ms.get("energy", {})
    return Exhibit(
        name="table11",
        title=published()["table11"]["title"],
        columns=tuple(table["columns"]),
        rows=published_rows("table11", shown),
        published_setting=table["setting"],
        measured_setting=None
        if result is None
        else f"ms on one CPU thread, loss and gradient, float32, {result['what']}",
        trends=(
            Trend(
                "sparse is cheaper than complete from 3000 atoms on",
                sparse["3000"] < energy["3000"] if ms else None,
            ),
            Trend(
                "sparse grows by less than 20 times from 30 000 to 300 000 atoms",
                sparse["300000"] < 20 * sparse["30000"] if ms else None,
            ),
            Trend(
                "sparse is cheaper than aligned MSE at 30 000 atoms",
                sparse["30000"] < kabsch["30000"] if ms else None,
            ),
            Trend(
                "the complete energy fits into memory at 30 000 atoms",
                "30000" in energy if ms else None,
                ours=True,
            ),
        ),
        notes=("A CPU against a GPU: compare how times grow, not the times.",),
        command="energyloss paper table11 --measure",
        environment={} if result is None else result["environment"],
    )


def measure(folder: Path, *, seed: int = 0) -> Path:
    """Time the losses on one thread and write the result into ``folder``."""
    from pyg_energyloss.training.compare import environment

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    times: dict[str, dict[str, float]] = {name: {} for name in LOSSES}
    try:
        for size in SIZES:
            data, pred = _structure(size, seed)
            for name, make in LOSSES.items():
                if name != "energy" or size <= COMPLETE_UP_TO:
                    times[name][str(size)] = _best_ms(make(), pred, data)
    finally:
        torch.set_num_threads(threads)
    document = {"what": "6-regular edges, best of several", "seed": seed, "ms": times}
    return write_json(folder / f"{RESULT}.json", document | {"environment": environment()})


def _structure(size: int, seed: int) -> tuple[Data, torch.Tensor]:
    noise = torch.Generator().manual_seed(seed)
    pos = size ** (1 / 3) * 2 * torch.rand(size, 3, generator=noise)
    edges = torch.as_tensor(random_regular(size, 6, np.random.default_rng(seed)))
    both = torch.cat([edges, edges.flip(0)], dim=1)
    pred = pos + 0.1 * torch.randn(size, 3, generator=noise)
    return Data(pos=pos, energy_edge_index=both), pred


def _digits(ms: float) -> str:
    """Three digits, never an exponent: 5200, not 5.2e+03."""
    return f"{float(f'{ms:.3g}'):.10g}"


def _best_ms(loss: Any, pred: torch.Tensor, data: Data) -> float:
    best, spent, rounds = float("inf"), 0.0, 0
    while rounds < LEAST or (spent < SECONDS and rounds < MOST):
        pos = pred.clone().requires_grad_()
        start = time.perf_counter()
        loss(pos, data).backward()
        passed = time.perf_counter() - start
        best, spent, rounds = min(best, passed), spent + passed, rounds + 1
    return 1000 * best
