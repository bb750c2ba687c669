"""Figure 3c of the paper: regular polygons of 8 to 128 vertices, sparse against complete edges.

    python benchmarks/edges_shapes.py            (about ten minutes on one core)

A small network turns a radius into the vertices of a regular polygon of that radius; the targets
are rotated at random by up to a full turn, so a loss that knows orientation can only average.
quality = -ln(s.d. of the angles between neighbours / 2 pi + s.d. of the radii / mean radius);
5 to 6 looks perfect, MSE stays at 1 to 2.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from pyg_energyloss import CoordinateMSELoss, PairEnergyLoss, samplers
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.paper.polygons import polygon_quality

RESULT = Path(__file__).parent / "results" / "edges_shapes.json"
SIZES = (8, 16, 32, 64, 128)


def losses(seed: int) -> dict[str, Callable[[Tensor, Data], Tensor]]:
    """The losses under comparison; constant stiffness."""
    return {
        "complete": PairEnergyLoss("constant", edges="complete"),
        "backbone": PairEnergyLoss(
            "constant",
            edges=samplers.Backbone(dim=2, complete_below=0, importance="constant", seed=seed),
        ),
        "k_regular 4": PairEnergyLoss("constant", edges=samplers.KRegular(dim=2, seed=seed)),
        "mse": CoordinateMSELoss(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[dict[str, object]] = []
    for size in SIZES:
        for name in losses(0):
            found = [
                polygon_quality(train(size, losses(seed)[name], options, seed))
                for seed in options.seeds
            ]
            rows.append({"n": size, "edges": name, "quality": found, "mean": float(np.mean(found))})
            print(f"n {size:4d}  {name:12s} quality {np.mean(found):.2f}", flush=True)
            write_json(
                options.out,
                {
                    "what": "quality of regular polygons by the edges of the energy loss",
                    "steps": options.steps,
                    "batch_size": options.batch_size,
                    "seeds": options.seeds,
                    "rows": rows,
                    "environment": environment(),
                },
            )


def train(
    size: int,
    loss: Callable[[Tensor, Data], Tensor],
    options: argparse.Namespace,
    seed: int,
) -> Tensor:
    """Train and return predictions for 100 radii [100, size, 2]."""
    noise = torch.Generator().manual_seed(seed)
    # The weights are drawn with the global generator, which is put back afterwards.
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = nn.Sequential(
            nn.Linear(1, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 2 * size)
        )
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    corner = torch.arange(size) * (2 * math.pi / size)
    count = options.batch_size
    batch = torch.repeat_interleave(torch.arange(count), size)
    for step in range(options.steps):
        optimizer.param_groups[0]["lr"] = (
            3e-3 * 0.5 * (1 + math.cos(math.pi * step / options.steps))
        )
        radius = 0.3 + 4.7 * torch.rand(count, 1, generator=noise)
        turn = 2 * math.pi * torch.rand(count, 1, generator=noise)
        angle = corner + turn
        target = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=2)
        data = Data(pos=target.reshape(-1, 2), batch=batch, num_graphs=count)
        optimizer.zero_grad()
        loss(model(radius).reshape(-1, 2), data).backward()
        optimizer.step()
    with torch.no_grad():
        return model(torch.linspace(0.4, 4.9, 100)[:, None]).reshape(100, size, 2)


if __name__ == "__main__":
    main()
