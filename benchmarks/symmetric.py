"""Time of SymmetricLoss beside KabschMSELoss, 256 molecules, value and gradient, on one thread.

    python benchmarks/symmetric.py

Both losses take turns in one run; the ratio means more than the milliseconds. The automorphisms of
each molecular graph are found at the first call and kept; what that costs is `first_call`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median

import torch
from torch import Tensor
from torch_geometric.data import Batch

import pyg_energyloss as pel
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json

RESULT = Path(__file__).parent / "results" / "symmetric.json"
SEED = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--molecules", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [measured(name, options.molecules, options.repeats) for name in ("qm9_small", "qm7")]
    for row in rows:
        print(row)
    write_json(options.out, {"environment": environment(), "seed": SEED, "rows": rows})


def measured(dataset: str, molecules: int, repeats: int) -> dict[str, object]:
    """Fastest and median milliseconds of both losses and the ratio of the medians."""
    rng = torch.Generator().manual_seed(SEED)
    train = pel.registry.create("dataset", dataset)["train"]
    chosen = torch.randperm(len(train), generator=rng)[:molecules].tolist()
    batch = Batch.from_data_list([train[i] for i in chosen])
    pos = batch.pos + 0.3 * torch.randn(batch.pos.shape, generator=rng)
    losses = {"kabsch": pel.KabschMSELoss(), "symmetric": pel.SymmetricLoss()}
    first = {name: timed(loss, pos, batch) for name, loss in losses.items()}
    times: dict[str, list[float]] = {name: [] for name in losses}
    for _ in range(repeats):
        for name, loss in losses.items():
            times[name].append(timed(loss, pos, batch))
    middle = {name: median(each) for name, each in times.items()}
    return {
        "dataset": dataset,
        "molecules": molecules,
        "atoms": len(pos),
        "first_call_ms": first["symmetric"],
        "fastest_ms": {name: min(each) for name, each in times.items()},
        "median_ms": middle,
        "ratio": middle["symmetric"] / middle["kabsch"],
    }


def timed(loss: torch.nn.Module, pos: Tensor, batch: Batch) -> float:
    """Milliseconds of CPU time of this thread for a value and its gradient."""
    at = pos.clone().requires_grad_()
    started = time.thread_time()
    loss(at, batch).backward()
    return 1e3 * (time.thread_time() - started)


if __name__ == "__main__":
    main()
