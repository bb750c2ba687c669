"""Time of the edge transform, of the batch draw and of the rigidity tests, on one thread.

    OMP_NUM_THREADS=1 python benchmarks/edges_speed.py            (about a minute)

Points are uniform in a cube at the density of molecules, 0.1 per cubic Å. The best of several
repeats is shown: what the code needs when nothing else runs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch_geometric.data import Data

from pyg_energyloss import loops, rigidity, samplers
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.transforms import RigidEdgeTransform

RESULT = Path(__file__).parent / "results" / "edges_speed.json"


def points(count: int) -> torch.Tensor:
    rng = np.random.default_rng(count)
    return torch.from_numpy(rng.random((count, 3)) * (10 * count) ** (1 / 3)).float()


def timed(action: Callable[..., object], *arguments: object, repeats: int) -> float:
    """Shortest time of an action in ms, after one call that warms up."""
    action(*arguments)
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        action(*arguments)
        times.append(time.perf_counter() - started)
    return 1e3 * min(times)


@contextmanager
def plain_numpy() -> Iterator[None]:
    """As if numba were not installed."""
    found = loops.available
    loops.available = lambda: False
    try:
        yield
    finally:
        loops.available = found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="also a million points")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    torch.set_num_threads(1)
    default = RigidEdgeTransform(seed=0)
    sparse = RigidEdgeTransform(seed=0, complete_below=0)
    rows: dict[str, float] = {}
    rows["transform, n 20, default"] = timed(default, Data(pos=points(20)), repeats=500)
    for count in (20, 50, 100, 500, 10_000, 100_000):
        repeats = 300 if count < 1000 else 3
        rows[f"transform, n {count}, shortcut off"] = timed(
            sparse, Data(pos=points(count)), repeats=repeats
        )
    with plain_numpy():
        for count in (20, 100):
            rows[f"transform, n {count}, shortcut off, without numba"] = timed(
                sparse, Data(pos=points(count)), repeats=100
            )
    if options.million:
        data = Data(pos=points(1_000_000))
        started = time.perf_counter()
        sparse(data)
        rows["transform, n 1000000, shortcut off"] = 1e3 * (time.perf_counter() - started)
    pos = torch.cat([points(45)] * 64)
    batch = torch.repeat_interleave(torch.full((64,), 45))
    sampler = samplers.Backbone(complete_below=0, seed=0)
    rows["batch draw, 64 x 45 atoms"] = timed(sampler.sample_batch, pos, batch, repeats=10)
    for count in (12, 50, 200, 1000):
        pairs = samplers.random_regular(count, 6, np.random.default_rng(0))
        rows[f"global rigidity test, n {count}"] = timed(
            rigidity.is_globally_rigid, pairs, count, repeats=2 if count > 500 else 20
        )
    for count in (50, 1000):
        place = points(count).double().numpy()
        pairs = samplers.Backbone(complete_below=0).sample(place, np.random.default_rng(0)).pairs
        rows[f"certificate, n {count}"] = timed(
            rigidity.certify, pairs, place, repeats=1 if count > 500 else 5
        )
    rows.update(against_pyrigi())
    for name, value in rows.items():
        print(f"{name:40s} {value:12.3f}")
    write_json(
        options.out,
        {
            "what": "best times in ms on one thread; ratios where it says so",
            "rows": rows,
            "environment": environment(),
        },
    )


def against_pyrigi() -> dict[str, float]:
    """Times for the same globally rigid graphs of 12 nodes, and their ratio."""
    try:
        import pyrigi
    except ImportError:
        return {}
    rng = np.random.default_rng(0)
    theirs, ours = [], []
    for _ in range(5):
        pairs = samplers.random_regular(12, 6, rng)
        graph = pyrigi.Graph.from_vertices_and_edges(range(12), pairs.T.tolist())
        started = time.perf_counter()
        answer = graph.is_globally_rigid(dim=3)
        theirs.append(1e3 * (time.perf_counter() - started))
        assert answer == rigidity.is_globally_rigid(pairs, 12)  # noqa: S101 - same question, same answer
        ours.append(timed(rigidity.is_globally_rigid, pairs, 12, repeats=20))
    return {
        "global rigidity by PyRigi, n 12": float(np.median(theirs)),
        "global rigidity here, n 12": float(np.median(ours)),
        "ratio": float(np.median(theirs) / np.median(ours)),
    }


if __name__ == "__main__":
    main()
