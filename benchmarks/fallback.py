"""The engine in plain torch (no numba) against the naive dense formula, by CPU time in one process.

    python benchmarks/fallback.py                (about one minute on one core)

Forward and gradient, float32, one thread, best of the repeats. "dense" is the plain formula on
B x N x N distance matrices with autograd. Of laws the ratio is that at 1 000 atoms in one graph;
their dense formula asks the law for all numbers k_ij in each call.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from pair_energy import cloud, dense_energy, measure
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.functional import complete_pair_energy
from pyg_energyloss.functional.engine.laws import law_function
from pyg_energyloss.stiffness import BondAware, ElementPair, Exponential, physical

RESULT = Path(__file__).parent / "results" / "fallback.json"
SHAPES = [(graphs, atoms) for atoms in (30, 100) for graphs in (1, 64, 256)]
ONE_GRAPH = [(1, 300), (1, 1000)]


def compared(
    engine: Callable[[Tensor], Tensor], dense: Callable[[Tensor], Tensor], pred: Tensor
) -> dict[str, Any]:
    """Milliseconds of both, taken in turns, and their ratio."""
    times = {"torch_engine": float("inf"), "dense": float("inf")}
    for _ in range(2):
        for name, energy in (("torch_engine", engine), ("dense", dense)):
            times[name] = min(times[name], measure(energy, pred, 0.5))
    ratio = times["torch_engine"] / times["dense"]
    return {"ms": {k: round(v, 4) for k, v in times.items()}, "ratio": round(ratio, 3)}


def of_shape(graphs: int, atoms: int) -> dict[str, Any]:
    pred, target = cloud(graphs * atoms)
    batch = torch.repeat_interleave(torch.arange(graphs), atoms) if graphs > 1 else None
    options = {"stiffness": Exponential(), "batch": batch, "num_graphs": graphs}
    blocks = target.view(graphs, atoms, 3)
    return compared(
        lambda pos: complete_pair_energy(pos, target, **options),
        lambda pos: dense_energy(pos.view(graphs, atoms, 3), blocks),
        pred,
    )


def laws(atoms: int) -> dict[str, Any]:
    z = torch.tensor([1, 6, 7, 8]).repeat(atoms)[:atoms]
    bonds = torch.stack([torch.arange(atoms - 1), torch.arange(1, atoms)])
    bonds = torch.cat([bonds, bonds.flip(0)], dim=1)
    molecule = Data(z=z, pos=cloud(atoms)[1], edge_index=bonds)
    return {
        "exponential": Exponential(),
        "auto": physical().for_data(molecule),
        "bond_aware": BondAware(4.0, Exponential()).for_data(molecule),
        "element_pair": ElementPair({(1, 6): 2.0}, Exponential()).for_data(molecule),
        "callable": lambda distance: 1 / (1 + distance),
    }


def of_law(law: object, atoms: int = 1000) -> dict[str, Any]:
    pred, target = cloud(atoms)
    source = torch.arange(atoms)[:, None].expand(atoms, atoms).reshape(-1)
    sink = torch.arange(atoms)[None].expand(atoms, atoms).reshape(-1)
    function = law_function(law)

    def dense(pos: Tensor) -> Tensor:
        def lengths(places: Tensor) -> Tensor:
            squared = (places[:, None] - places[None]).square().sum(-1)
            return squared.clamp(min=1e-12).sqrt()

        length = lengths(target)
        k = function(length.reshape(-1), source, sink).view(atoms, atoms)
        return (0.5 * k * (length - lengths(pos)).square()).sum()

    return compared(lambda pos: complete_pair_energy(pos, target, stiffness=law), dense, pred)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, default=RESULT)
    out = parser.parse_args().out
    os.environ["PYG_ENERGYLOSS_ENGINE"] = "torch"
    torch.set_num_threads(1)
    result: dict[str, Any] = {"environment": environment(), "seed": 0, "threads": 1}
    result["date"] = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    result["load"] = round(os.getloadavg()[0], 1)
    shapes = {f"{g}x{n}": of_shape(g, n) for g, n in [*SHAPES, *ONE_GRAPH]}
    result["graphs_x_atoms"] = shapes
    result["laws_1000_atoms"] = {name: of_law(law) for name, law in laws(1000).items()}
    for part in ("graphs_x_atoms", "laws_1000_atoms"):
        for name, row in result[part].items():
            print(f"{name:>14}  {row['ms']['torch_engine']:9.3f} ms  ratio {row['ratio']:.2f}")
    write_json(out, result)


if __name__ == "__main__":
    main()
