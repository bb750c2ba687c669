"""Time and memory of the pair energy against other ways to compute it, ratios in one run.

    python benchmarks/pair_energy.py                (about four minutes on one core)
    python benchmarks/pair_energy.py --only scaling first_call     (the rest is kept)
    python benchmarks/pair_energy.py --authors PATH/TO/energy_loss.py

Forward and gradient, float32, stiffness exp(-d), best of several repeats; one thread is timed by
the CPU time of the process, which other programs disturb less, two threads by the wall clock. Row
"dense" is the plain formula on B x N x N distance matrices with autograd, "cdist" the same through
torch.cdist, "gather" indexes both ends of given edges. The authors' code is not part of this
package; without a copy its rows are left out and the reason is written down.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from pyg_energyloss import PairEnergyLoss
from pyg_energyloss.files import write_json
from pyg_energyloss.functional import complete_pair_energy, coordinate_mse, kabsch_mse, pair_energy
from pyg_energyloss.stiffness import Exponential

RESULT = Path(__file__).parent / "results" / "pair_energy.json"
LAW = Exponential(1.0)


def cloud(nodes: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    target = 5 * torch.randn(nodes, 3, generator=rng)
    return target + 0.3 * torch.randn(nodes, 3, generator=rng), target


def regular_edges(nodes: int, seed: int = 0) -> Tensor:
    """Three random cycles: 6-regular, both directions stored, sorted as PyG coalesces them."""
    rng = torch.Generator().manual_seed(seed)
    cycles = [torch.randperm(nodes, generator=rng) for _ in range(3)]
    one_way = torch.cat([torch.stack([c, c.roll(1)]) for c in cycles], dim=1)
    both = torch.cat([one_way, one_way.flip(0)], dim=1)
    return both[:, (both[0] * nodes + both[1]).argsort()]


def local_edges(nodes: int) -> Tensor:
    """Neighbours of a cubic lattice in reading order, as of atoms that are listed by place."""
    side = max(2, round(nodes ** (1 / 3)))
    here = torch.arange(nodes)
    one_way = [torch.stack([here[:-step], here[step:]]) for step in (1, side, side * side)]
    both = torch.cat([*one_way, *(pairs.flip(0) for pairs in one_way)], dim=1)
    return both[:, (both[0] * nodes + both[1]).argsort()]


def dense_energy(pred: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    def lengths(pos: Tensor) -> Tensor:
        squared = (pos[..., :, None, :] - pos[..., None, :, :]).square().sum(-1)
        return squared.clamp(min=1e-12).sqrt()

    length = lengths(target)
    energy = 0.5 * torch.exp(-length) * (length - lengths(pred)).square()
    return (energy if mask is None else energy * mask).sum()


def cdist_energy(pred: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    length = torch.cdist(target, target)
    energy = 0.5 * torch.exp(-length) * (length - torch.cdist(pred, pred)).square()
    return (energy if mask is None else energy * mask).sum()


def gather_energy(pred: Tensor, target: Tensor, edge_index: Tensor) -> Tensor:
    i, j = edge_index
    length = (target[i] - target[j]).norm(dim=1)
    moved = (pred[i] - pred[j]).norm(dim=1)
    return (0.5 * torch.exp(-length) * (length - moved).square()).sum()


def authors_energy(path: str) -> Callable[..., Tensor] | None:
    if not path or not Path(path).is_file():
        return None
    spec = importlib.util.spec_from_file_location("authors_energy_loss", path)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def energy(pred: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        pred, target = pred.reshape(-1, *pred.shape[-2:]), target.reshape(-1, *target.shape[-2:])
        k = torch.exp(-torch.norm(target[:, :, None] - target[:, None], dim=-1))
        edges = 1.0 - torch.eye(target.size(1)) if mask is None else mask
        return module.get_energy_error(target, pred, edges, k).sum()

    return energy


def measure(energy: Callable[[Tensor], Tensor], pred: Tensor, budget: float = 1.0) -> float:
    """Milliseconds of forward and gradient, best of the repeats that fit in the budget."""
    pos = pred.clone().requires_grad_()
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter

    def step() -> float:
        pos.grad = None
        start = clock()
        energy(pos).sum().backward()
        return clock() - start

    step()
    best, began = step(), time.perf_counter()
    while time.perf_counter() - began < budget:
        best = min(best, step())
    return 1e3 * best


def against(ours: str, times: dict[str, float]) -> dict[str, object]:
    ratios = {k: round(v / times[ours], 2) for k, v in times.items() if k != ours}
    return {"ms": {k: round(v, 4) for k, v in times.items()}, "times_ours": ratios}


def padded(pos: Tensor, batch: Tensor, graphs: int) -> tuple[Tensor, Tensor]:
    sizes = torch.bincount(batch, minlength=graphs)
    place = torch.arange(len(batch)) - (sizes.cumsum(0) - sizes)[batch]
    full = torch.zeros(graphs, int(sizes.max()), 3).index_put((batch, place), pos)
    there = torch.zeros(graphs, int(sizes.max())).index_put((batch, place), torch.ones(len(batch)))
    pairs = there[:, :, None] * there[:, None] * (1 - torch.eye(there.size(1)))
    return full, pairs


def molecules(count: int = 256) -> tuple[Tensor, Tensor, Tensor]:
    """Real molecules of 9 to 29 atoms (mean 20), half from QM9 and half drug-like."""
    from pyg_energyloss import data

    small = [m.pos for m in data.qm9_small()["train"][:400] if m.num_nodes >= 9]
    large = [m.pos for m in data.druglike()["train"][:2000] if m.num_nodes <= 29]
    half = count // 2
    pos = [rows[i % len(rows)].float() for i in range(half) for rows in (small, large)]
    target = torch.cat(pos)
    batch = torch.repeat_interleave(torch.arange(count), torch.tensor([len(p) for p in pos]))
    rng = torch.Generator().manual_seed(0)
    return target + 0.2 * torch.randn(target.shape, generator=rng), target, batch


def run_cases(authors: str) -> dict[str, object]:
    theirs = authors_energy(authors)
    results: dict[str, object] = {"threads": torch.get_num_threads()}
    if theirs is None:
        results["authors_skipped"] = "no copy of the authors' energy_loss.py given (--authors)"
    pred, target = cloud(3000)
    times = {
        "ours": measure(lambda p: complete_pair_energy(p, target, stiffness=LAW), pred),
        "dense": measure(lambda p: dense_energy(p, target), pred),
        "cdist": measure(lambda p: cdist_energy(p, target), pred),
        "kabsch": measure(lambda p: kabsch_mse(p, target), pred),
        "mse": measure(lambda p: coordinate_mse(p, target), pred),
    }
    if theirs is not None:
        times["authors"] = measure(lambda p: theirs(p, target), pred)
    results["complete_3000"] = against("ours", times)
    results["batch_256"] = batch_case(theirs)
    pred, target = cloud(300_000)
    edges = regular_edges(300_000)
    times = {
        "ours": measure(lambda p: pair_energy(p, target, edges, stiffness=LAW), pred),
        "gather": measure(lambda p: gather_energy(p, target, edges), pred),
    }
    results["sparse_300000_6_regular"] = against("ours", times)
    return results


def batch_case(theirs: Callable[..., Tensor] | None) -> dict[str, object]:
    from torch_geometric.data import Batch, Data

    pred, target, batch = molecules()
    full, pairs = padded(target, batch, 256)
    full_pred = padded(pred, batch, 256)[0]
    whole = Batch.from_data_list([Data(pos=target[batch == g]) for g in range(256)])
    loss = PairEnergyLoss(LAW)
    options = {"batch": batch, "num_graphs": 256}
    times = {
        "ours": measure(lambda p: complete_pair_energy(p, target, stiffness=LAW, **options), pred),
        "ours_as_loss": measure(lambda p: loss(p, whole), pred),
        "dense": measure(lambda p: dense_energy(p, full, pairs), full_pred),
        "cdist": measure(lambda p: cdist_energy(p, full, pairs), full_pred),
        "kabsch": measure(lambda p: kabsch_mse(p, target, **options), pred),
        "mse": measure(lambda p: coordinate_mse(p, target, **options), pred),
    }
    if theirs is not None:
        times["authors"] = measure(lambda p: theirs(p, full, pairs), full_pred)
    sizes = torch.bincount(batch)
    return {"atoms": [int(sizes.min()), int(sizes.max())], **against("ours", times)}


def measure_once(energy: Callable[[Tensor], Tensor], pred: Tensor) -> float:
    """Milliseconds of a single forward and gradient, for what takes many seconds."""
    pos = pred.clone().requires_grad_()
    start = time.process_time()
    energy(pos).sum().backward()
    return 1e3 * (time.process_time() - start)


def scaling() -> dict[str, dict[str, float]]:
    """Milliseconds by number of atoms; what is left out is too slow or too large.

    The complete graphs of 100 000 and 300 000 atoms are computed once.
    """
    names = ("complete", "dense", "sparse", "sparse_local", "gather")
    found: dict[str, dict[str, float]] = {name: {} for name in names}
    for nodes in (30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000):
        pred, target = cloud(nodes)
        budget = 0.3
        if nodes <= 30_000:
            found["complete"][str(nodes)] = measure(
                lambda p, t=target: complete_pair_energy(p, t, stiffness=LAW), pred, budget
            )
        elif nodes <= 300_000:
            found["complete"][str(nodes)] = measure_once(
                lambda p, t=target: complete_pair_energy(p, t, stiffness=LAW), pred
            )
        if nodes <= 3000:
            found["dense"][str(nodes)] = measure(
                lambda p, t=target: dense_energy(p, t), pred, budget
            )
        edges = regular_edges(nodes)
        found["sparse"][str(nodes)] = measure(
            lambda p, t=target, e=edges: pair_energy(p, t, e, stiffness=LAW), pred, budget
        )
        local = local_edges(nodes)
        found["sparse_local"][str(nodes)] = measure(
            lambda p, t=target, e=local: pair_energy(p, t, e, stiffness=LAW), pred, budget
        )
        if nodes <= 300_000:
            found["gather"][str(nodes)] = measure(
                lambda p, t=target, e=edges: gather_energy(p, t, e), pred, budget
            )
    return {name: {n: round(ms, 4) for n, ms in row.items()} for name, row in found.items()}


def memory() -> dict[str, float]:
    """Megabytes of resident memory that one complete cloud of 30 000 adds at its peak (Linux)."""
    small_pred, small_target = cloud(64)
    measure(lambda p: complete_pair_energy(p, small_target, stiffness=LAW), small_pred, 0.0)
    pred, target = cloud(30_000)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
    before = resident("VmRSS")
    measure(lambda p: complete_pair_energy(p, target, stiffness=LAW), pred, 0.0)
    return {"extra_mb_complete_30000": round(resident("VmHWM") - before, 1)}


def resident(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/self/status has no {field}")


FIRST_CALL = """
import sys, time, torch
from torch_geometric.data import Data
from pyg_energyloss import PairEnergyLoss
loss, nodes = PairEnergyLoss(), int(sys.argv[1])
data = Data(pos=torch.rand(nodes, 3))
if sys.argv[2] == "edges":
    data.energy_edge_index = torch.tensor([[0, 1], [1, 0]])
pred = torch.rand(nodes, 3, requires_grad=True)
start = time.process_time()
loss(pred, data).backward()
print(time.process_time() - start)
"""


def first_call() -> dict[str, dict[str, float]]:
    """CPU seconds of the first call of a process, without and with kernels on disk."""
    kinds = {"small_graphs": ("9", "-"), "large_graphs": ("100", "-"), "edges": ("100", "edges")}
    return {name: first_call_of(*options) for name, options in kinds.items()}


def first_call_of(nodes: str, edges: str) -> dict[str, float]:
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        for name in ("first_ever_s", "cached_s"):
            command = [sys.executable, "-c", FIRST_CALL, nodes, edges]
            done = subprocess.run(  # noqa: S603 - our own code
                command, env=environment, capture_output=True, text=True, check=True
            )
            found[name] = round(float(done.stdout), 3)
    return found


PARTS: dict[str, Callable[[str], object]] = {
    "threads_1": run_cases,
    "threads_2": run_cases,
    "scaling": lambda _authors: scaling(),
    "memory": lambda _authors: memory(),
    "first_call": lambda _authors: first_call(),
}


def in_fresh_process(part: str, threads: int, authors: str) -> object:
    command = [sys.executable, __file__, "--part", part, "--threads", str(threads)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(  # noqa: S603 - this script again
        [*command, "--authors", authors],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--authors", default="", help="path to the authors' energy_loss.py")
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if options.part:
        torch.set_num_threads(options.threads)
        print(json.dumps(PARTS[options.part](options.authors)))
        return
    from pyg_energyloss.experiments.environment import environment

    kept = json.loads(options.out.read_text()) if set(options.only) != set(PARTS) else {}
    results: dict[str, object] = {**kept, "environment": environment(), "seed": 0}
    dates = dict(kept.get("measured", {}))
    for part in options.only:
        threads = 2 if part == "threads_2" else 1
        results[part] = in_fresh_process(part, threads, options.authors)
        load = [round(number, 1) for number in os.getloadavg()]
        dates[part] = {"date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()), "load": load}
    results["measured"] = dates
    write_json(options.out, results)
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
