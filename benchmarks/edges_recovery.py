"""Recovery of structures from noise by descent on the energy: complete against sparse edges.

    python benchmarks/edges_recovery.py            (about an hour on one core)

Drug-like molecules, one conformer each, start as the true positions plus noise of sigma; Adam with
a cosine step descends the energy over each sampler's edges. A molecule counts as recovered if its
RMSD to the truth, reflections allowed, is below 0.05 Å. The shortcut of the backbone is off.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pyg_energyloss import data, samplers, stiffness
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.functional import pair_energy

RESULT = Path(__file__).parent / "results" / "edges_recovery.json"
LAWS: dict[str, Callable[[Tensor], Tensor]] = {
    "constant": stiffness.Constant(1.0),
    "exponential": stiffness.Exponential(1.0),
}
#: name: sampler, and whether it is redrawn at each step
CASES = {
    "complete": (samplers.Complete(), False),
    "backbone, redrawn": (samplers.Backbone(complete_below=0, seed=0), True),
    "backbone, fixed": (samplers.Backbone(complete_below=0, seed=0), False),
    "lateration, fixed": (samplers.LaterationEdges(), False),
    "k_regular 6, redrawn": (samplers.KRegular(k=6, pool=None, seed=0), True),
    "k_regular 6, fixed": (samplers.KRegular(k=6, pool=None, seed=0), False),
    "k_regular 12, redrawn": (samplers.KRegular(k=12, pool=None, seed=0), True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--molecules", type=int, default=60)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--rate", type=float, default=0.02, help="first step of Adam, Å")
    parser.add_argument("--sigmas", type=float, nargs="+", default=[0.5, 1.0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    target, batch = molecules(options.molecules)
    rows = []
    for sigma in options.sigmas:
        for law, stiffness_law in LAWS.items():
            for name, (sampler, redrawn) in CASES.items():
                started = time.perf_counter()
                noise = torch.Generator().manual_seed(options.seed)
                start = target + sigma * torch.randn(
                    target.shape, generator=noise, dtype=target.dtype
                )
                found = descend(
                    start,
                    target,
                    batch,
                    sampler,
                    stiffness_law,
                    redrawn=redrawn,
                    steps=options.steps,
                    rate=options.rate,
                )
                error = rmsd(found, target, batch)
                rows.append(
                    {
                        "sigma": sigma,
                        "stiffness": law,
                        "edges": name,
                        "recovered": float((error < 0.05).mean()),
                        "median_rmsd": float(np.median(error)),
                        "seconds": time.perf_counter() - started,
                    }
                )
                print(
                    f"sigma {sigma}  {law:12s} {name:22s} recovered "
                    f"{rows[-1]['recovered']:.3f}  median RMSD {rows[-1]['median_rmsd']:.3f} Å",
                    flush=True,
                )
                write_json(
                    options.out,
                    {
                        "what": "share of noised molecules that descent brings back (0.05 Å RMSD)",
                        "molecules": options.molecules,
                        "steps": options.steps,
                        "rate": options.rate,
                        "seed": options.seed,
                        "rows": rows,
                        "environment": environment(),
                    },
                )


def molecules(count: int) -> tuple[Tensor, Tensor]:
    """One conformer of each of ``count`` drug-like molecules, as positions and batch."""
    first = {}
    for split in data.druglike().values():
        for item in split:
            bonds = tuple(item.edge_index.flatten().tolist())
            first.setdefault((tuple(item.z.tolist()), bonds), item.pos.double())
    chosen = list(first.values())
    order = np.random.default_rng(0).permutation(len(chosen))[:count]
    positions = [chosen[i] for i in order]
    sizes = torch.tensor([len(p) for p in positions])
    return torch.cat(positions), torch.repeat_interleave(sizes)


def descend(
    pos: Tensor,
    target: Tensor,
    batch: Tensor,
    sampler: samplers.EdgeSampler,
    law: Callable[[Tensor], Tensor],
    *,
    redrawn: bool,
    steps: int,
    rate: float,
) -> Tensor:
    """Adam on the positions of all molecules at once; they do not see each other."""
    pos = pos.clone().requires_grad_()
    optimizer = torch.optim.Adam([pos], lr=rate)
    edges, weight = sampler.sample_batch(target, batch)
    for step in range(steps):
        if redrawn:
            edges, weight = sampler.sample_batch(target, batch)
        optimizer.param_groups[0]["lr"] = rate * 0.5 * (1 + math.cos(math.pi * step / steps))
        optimizer.zero_grad()
        energy = pair_energy(pos, target, edges, stiffness=law, edge_weight=weight, batch=batch)
        energy.sum().backward()
        optimizer.step()
    return pos.detach()


def rmsd(pos: Tensor, target: Tensor, batch: Tensor) -> np.ndarray:
    """Root mean square deviation after the best rotation or reflection, per molecule, Å."""
    found = []
    for graph in range(int(batch.max()) + 1):
        moved, fixed = pos[batch == graph], target[batch == graph]
        moved, fixed = moved - moved.mean(0), fixed - fixed.mean(0)
        overlap = torch.linalg.svdvals(moved.T @ fixed).sum()
        square = (moved**2).sum() + (fixed**2).sum() - 2 * overlap
        found.append(float(square.clamp(min=0) / len(moved)) ** 0.5)
    return np.array(found)


if __name__ == "__main__":
    main()
