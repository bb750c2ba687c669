"""Table 11: time of the losses by number of atoms."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch_geometric.data import Data

from pyg_energyloss.files import write_json
from pyg_energyloss.losses import CoordinateMSELoss, KabschMSELoss
from pyg_energyloss.paper.exhibit import NOT_MEASURED, Exhibit, Trend
from pyg_energyloss.paper.sources import measured, published
from pyg_energyloss.paper.values import published_rows
from pyg_energyloss.paper.verdict import fact

RESULT = "paper_table11"
SIZES = (30, 300, 3000, 30000, 300000)
#: Rounds of a timing, and seconds after which no more are begun.
LEAST, MOST, SECONDS = 3, 200, 1.0
#: Rows of ``pair_energy.json`` that are columns here.
SHARED = {"energy": "complete", "energy, sparse": "sparse"}
LOSSES: dict[str, Callable[[], Any]] = {
    "mse": CoordinateMSELoss,
    "kabsch": KabschMSELoss,
}


def build() -> Exhibit:
    """Return the table with what was measured here."""
    table, result = published()["table11"], measured(RESULT)
    ms = {} if result is None else result["ms"]
    speed = measured("pair_energy")
    if ms:  # the benchmark of the engines has both energies: one figure for them on every page
        scaling = {} if speed is None else speed["scaling"]
        ms = ms | {name: scaling.get(row, {}) for name, row in SHARED.items()}
    shown = {
        str(size): tuple(
            _digits(ms[name][str(size)]) if str(size) in ms[name] else NOT_MEASURED
            for name in table["columns"]
        )
        for size in SIZES
        if ms
    }
    kabsch, sparse, energy = (ms.get(name, {}) for name in ("kabsch", "energy, sparse", "energy"))
    return Exhibit(
        name="table11",
        title=published()["table11"]["title"],
        columns=tuple(table["columns"]),
        rows=published_rows("table11", shown),
        published_setting=table["setting"],
        measured_setting=None
        if result is None
        else "ms on one CPU thread, loss and gradient, float32, 6-regular edges, best of several",
        trends=(
            Trend(
                "sparse is cheaper than complete from 3000 atoms on",
                fact(sparse["3000"] < energy["3000"] if energy else None),
            ),
            Trend(
                "sparse grows by less than 20 times from 30 000 to 300 000 atoms",
                fact(sparse["300000"] < 20 * sparse["30000"] if sparse else None),
            ),
            Trend(
                "sparse is cheaper than aligned MSE at 30 000 atoms",
                fact(sparse["30000"] < kabsch["30000"] if sparse else None),
            ),
            Trend(
                "the complete energy fits into memory at 30 000 atoms",
                fact("30000" in energy if energy else None),
                ours=True,
            ),
        ),
        notes=(
            "A CPU against a GPU: compare how times grow, not the times.",
            "The energies are those of `benchmarks/results/pair_energy.json`.",
        ),
        command="python benchmarks/pair_energy.py; energyloss paper table11 --measure",
        environment={} if result is None else result["environment"],
    )


def measure(folder: Path, *, seed: int = 0) -> Path:
    """Time the aligned and the plain MSE on one thread and write the result into ``folder``."""
    from pyg_energyloss.experiments.environment import environment

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    times: dict[str, dict[str, float]] = {name: {} for name in LOSSES}
    try:
        for size in SIZES:
            data, pred = _structure(size, seed)
            for name, make in LOSSES.items():
                times[name][str(size)] = _best_ms(make(), pred, data)
    finally:
        torch.set_num_threads(threads)
    document = {"what": "best of several", "seed": seed, "ms": times}
    return write_json(folder / f"{RESULT}.json", document | {"environment": environment()})


def _structure(size: int, seed: int) -> tuple[Data, torch.Tensor]:
    noise = torch.Generator().manual_seed(seed)
    pos = size ** (1 / 3) * 2 * torch.rand(size, 3, generator=noise)
    pred = pos + 0.1 * torch.randn(size, 3, generator=noise)
    return Data(pos=pos), pred


def _digits(ms: float) -> str:
    """Three digits, never an exponent: 5200, not 5.2e+03."""
    return f"{float(f'{ms:.3g}'):.10g}"


def _best_ms(loss: Any, pred: torch.Tensor, data: Data) -> float:
    best, spent, rounds = float("inf"), 0.0, 0
    while rounds < LEAST or (spent < SECONDS and rounds < MOST):
        pos = pred.clone().requires_grad_()
        start = time.process_time()  # of one thread: other programs do not count
        loss(pos, data).backward()
        passed = time.process_time() - start
        best, spent, rounds = min(best, passed), spent + passed, rounds + 1
    return 1000 * best
