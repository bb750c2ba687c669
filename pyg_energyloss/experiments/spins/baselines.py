"""What needs no training: random spins, the strongest bonds' tree, simulated annealing."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor

from pyg_energyloss.experiments.experiment import Measurement
from pyg_energyloss.functional.bonds import undirected_bonds
from pyg_energyloss.models.spin_frame import strong_bond_frame
from pyg_energyloss.spins import SpinEvaluator, SpinSystems, simulated_annealing


def measure_baselines(test: SpinSystems, *, sweeps: int, seed: int) -> list[Measurement]:
    """Score them on the test systems.

    Args:
        test: The systems.
        sweeps: Of simulated annealing.
        seed: Of the random numbers.
    """
    evaluator, batch = SpinEvaluator(), test.batch(torch.arange(len(test)))
    graph = batch.edge_index, batch.edge_attr
    size, generator = batch.num_nodes, torch.Generator().manual_seed(seed)
    known: dict[str, Callable[[], Tensor]] = {
        "random spins": lambda: torch.rand(size, generator=generator) - 0.5,
        "strongest bonds first": lambda: strong_bond_frame(*undirected_bonds(*graph), size).float(),
        f"simulated annealing, {sweeps} sweeps": lambda: simulated_annealing(
            *graph, size, sweeps=sweeps, batch=batch.batch, seed=seed
        ),
    }
    found: list[Measurement] = []
    for name, find in known.items():
        started = time.perf_counter()
        values: dict[str, float | None] = {
            metric: float(value.mean()) for metric, value in evaluator(find(), batch).items()
        }
        values["train_seconds"] = time.perf_counter() - started
        found.append({"labels": {"loss": name}, "values": values})
    return found
