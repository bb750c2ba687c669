"""Time of redrawn edges: a batch of small molecules, one large structure, and a training step.

    OMP_NUM_THREADS=1 python benchmarks/samplers_speed.py                  (about a minute)
    OMP_NUM_THREADS=1 python benchmarks/samplers_speed.py --as before      (in an older checkout)

CPU time of one thread, the shortest of several repeats. The batch has 64 molecules of 14 atoms, the
large structure 100 000 points at the density of molecules. The step is that of ``energyloss
compare``: the plain GNN on 64 molecules of qm9_small, forward, loss, backward and Adam, the losses
in turn.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import torch

from pyg_energyloss import registry, samplers
from pyg_energyloss.data.loader import FlatLoader
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.structures.tasks import Geometry
from pyg_energyloss.files import write_json

RESULT = Path(__file__).parent / "results" / "samplers_speed.json"
SAMPLERS = {
    "backbone, complete below 64": lambda: samplers.Backbone(seed=0),
    "backbone, shortcut off": lambda: samplers.Backbone(complete_below=0, seed=0),
    "k_regular": lambda: samplers.KRegular(seed=0),
    "erdos_renyi, 3 per atom": lambda: samplers.ErdosRenyi(edges_per_atom=3, seed=0),
    "lateration": samplers.LaterationEdges,
    "knn": samplers.NearestNeighbours,
}
LOSSES = ("mse", "energy", "energy_sparse")


def best(action: Callable[[], object], seconds: float) -> float:
    """Shortest time of an action in ms, over some seconds, after one call that warms up."""
    action()
    times: list[float] = []
    while sum(times) < seconds or len(times) < 3:
        started = time.process_time()
        action()
        times.append(time.process_time() - started)
    return 1e3 * min(times)


def steps(repeats: int) -> dict[str, float]:
    """Shortest time in ms of a training step with each loss."""
    torch.manual_seed(0)
    molecules = registry.create("dataset", "qm9_small")["train"]
    batch = next(iter(FlatLoader(molecules, batch_size=64, shuffle=True, seed=0)))
    batch = Geometry().prepare(batch, torch.Generator().manual_seed(0))
    network = registry.create("model", "gnn")
    losses = {name: registry.create("loss", name) for name in LOSSES}
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    times: dict[str, list[float]] = {name: [] for name in LOSSES}
    for repeat in range(repeats + 3):
        for name, loss in losses.items():
            started = time.process_time()
            optimizer.zero_grad(set_to_none=True)
            loss(network(batch), batch).backward()
            optimizer.step()
            if repeat >= 3:
                times[name].append(1e3 * (time.process_time() - started))
    return {name: min(found) for name, found in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--as", dest="name", default="now", help="name of these figures")
    parser.add_argument("--repeats", type=int, default=40, help="training steps of each loss")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng = torch.Generator().manual_seed(0)
    small = 2 * torch.randn(64 * 14, 3, generator=rng)
    batch = torch.arange(64).repeat_interleave(14)
    large = torch.rand(100_000, 3, generator=rng) * 1e6 ** (1 / 3)
    rows: dict[str, float] = {}
    for name, make in SAMPLERS.items():
        sampler = make()
        rows[f"64 x 14 atoms, {name}"] = best(
            lambda sampler=sampler: sampler.sample_batch(small, batch, num_graphs=64), 0.3
        )
        if name == "backbone, shortcut off":
            rows[f"100000 points, {name}"] = best(
                lambda sampler=sampler: sampler.sample_batch(large), 1.0
            )
    step = steps(options.repeats)
    rows |= {f"training step, {name}": value for name, value in step.items()}
    for name, value in rows.items():
        print(f"{name:45s} {value:10.3f} ms")
    known = json.loads(options.out.read_text())["runs"] if options.out.exists() else {}
    known[options.name] = {
        "ms": rows,
        "step over that with mse": {name: value / step["mse"] for name, value in step.items()},
        "environment": environment(),
    }
    write_json(options.out, {"what": "shortest CPU times in ms, one thread", "runs": known})


if __name__ == "__main__":
    main()
