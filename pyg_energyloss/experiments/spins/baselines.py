"""What needs no training: random spins, the strongest bonds' tree, simulated annealing."""

from __future__ import annotations

import time
from collections.abc import Mapping

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
    evaluator = SpinEvaluator()
    batch = test.batch(torch.arange(len(test)))
    found: list[Measurement] = []

    def add(name: str, values: Mapping[str, Tensor], started: float) -> None:
        means: dict[str, float | None] = {k: float(v.mean()) for k, v in values.items()}
        means["train_seconds"] = time.perf_counter() - started
        found.append({"labels": {"loss": name}, "values": means})

    started = time.perf_counter()
    draws = torch.rand(batch.num_nodes, generator=torch.Generator().manual_seed(seed)) - 0.5
    add("random spins", evaluator(draws, batch), started)
    started = time.perf_counter()
    bonds, coupling = undirected_bonds(batch.edge_index, batch.edge_attr)
    tree = strong_bond_frame(bonds, coupling, batch.num_nodes)
    add("strongest bonds first", evaluator(tree.float(), batch), started)
    started = time.perf_counter()
    spins = simulated_annealing(
        batch.edge_index,
        batch.edge_attr,
        batch.num_nodes,
        sweeps=sweeps,
        batch=batch.batch,
        seed=seed,
    )
    add(f"simulated annealing, {sweeps} sweeps", evaluator(spins, batch), started)
    return found
