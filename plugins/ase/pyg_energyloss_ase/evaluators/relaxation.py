"""Relax the prediction and measure how far it had to go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from ase import Atoms
from ase.calculators.calculator import BaseCalculator
from ase.optimize import BFGS
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss_ase.calculators import CalculatorFactory, calculator_factory
from pyg_energyloss_ase.graphs import measure_graphs
from pyg_energyloss_ase.rmsd import aligned_rmsd


class RelaxedStructure(NamedTuple):
    """End of a relaxation: the structure, its energy (eV), steps taken, and if it converged."""

    atoms: Atoms
    energy: float
    steps: int
    converged: bool


def relax(
    atoms: Atoms, factory: CalculatorFactory, *, max_force: float = 0.05, max_steps: int = 200
) -> RelaxedStructure | None:
    """Relax one structure with BFGS.

    Args:
        atoms: where to start, Å; left as it is.
        factory: makes a calculator.
        max_force: converged when no force is larger, eV/Å.
        max_steps: stop after so many steps.

    Returns:
        The end of the relaxation, or None if the calculator failed on the way.
    """
    if len(atoms) == 0 or not np.isfinite(atoms.positions).all():
        return None
    system = atoms.copy()
    system.calc = factory()
    try:
        optimizer = BFGS(system, logfile=None)
        converged = bool(optimizer.run(fmax=max_force, steps=max_steps))
        energy = float(system.get_potential_energy())
    except Exception:  # noqa: BLE001 - whatever a calculator raises, the run goes on with NaN
        return None
    if not (np.isfinite(energy) and np.isfinite(system.positions).all()):
        return None
    steps = int(optimizer.nsteps)
    system.calc = None
    return RelaxedStructure(system, energy, steps, converged)


class Relaxation:
    """Relax the prediction and compare it with where it came from and with the true structure.

    Args:
        calculator: see `calculator_factory`.
        options: keyword arguments of the calculator's constructor.
        max_force: converged when no force is larger, eV/Å.
        max_steps: stop after so many steps.
        max_graphs: only the first so many graphs of a call are calculated, the others are NaN.

    Returns of a call (each [num_graphs], float64; lengths and energies NaN after a failure):
        ``rmsd_to_relaxed``: Å, prediction against its own relaxed structure, after alignment.
        ``relaxation_energy``: eV, energy given off on the way.
        ``relaxed_above_reference``: eV, energy of the relaxed structure above that of the relaxed
            true structure: near zero if it ended in the same minimum, below zero in a deeper one.
        ``relaxed_rmsd_to_reference``: Å, relaxed structure against ``data.pos``, after alignment.
        ``relaxed``: 1 if the relaxation converged, else 0.
        ``steps``: steps taken; ``max_steps`` after a failure, so that no mean gains by it.
        ``reference_steps``: steps that the true structure takes.
        ``relaxation_failed``: 1 if the calculation of the prediction failed, else 0.
    """

    keys = (
        "rmsd_to_relaxed",
        "relaxation_energy",
        "relaxed_above_reference",
        "relaxed_rmsd_to_reference",
        "relaxed",
        "steps",
        "reference_steps",
        "relaxation_failed",
    )

    def __init__(
        self,
        *,
        calculator: str | Callable[..., BaseCalculator] = "gfn2",
        options: Mapping[str, Any] | None = None,
        max_force: float = 0.05,
        max_steps: int = 200,
        max_graphs: int | None = None,
    ) -> None:
        self.factory = calculator_factory(calculator, options)
        self.max_force = max_force
        self.max_steps = max_steps
        self.max_graphs = max_graphs

    def __call__(self, pos_pred: Tensor, data: Data) -> dict[str, Tensor]:
        """Evaluate a batch of predictions [num_nodes, 3] against ``data.pos``."""
        return measure_graphs(
            pos_pred, data, self._measure, keys=self.keys, max_graphs=self.max_graphs
        )

    def _measure(self, predicted: Atoms, true: Atoms) -> dict[str, float]:
        before = relax(predicted, self.factory, max_force=np.inf, max_steps=0)
        after = relax(predicted, self.factory, max_force=self.max_force, max_steps=self.max_steps)
        aim = relax(true, self.factory, max_force=self.max_force, max_steps=self.max_steps)
        of_aim = {} if aim is None else {"reference_steps": float(aim.steps)}
        if before is None or after is None:
            failed = {"relaxed": 0.0, "steps": float(self.max_steps), "relaxation_failed": 1.0}
            return {**of_aim, **failed}
        end = torch.from_numpy(after.atoms.positions)
        return {
            "rmsd_to_relaxed": aligned_rmsd(torch.from_numpy(predicted.positions), end),
            "relaxation_energy": before.energy - after.energy,
            "relaxed_above_reference": np.nan if aim is None else after.energy - aim.energy,
            "relaxed_rmsd_to_reference": aligned_rmsd(torch.from_numpy(true.positions), end),
            "relaxed": float(after.converged),
            "steps": float(after.steps),
            "relaxation_failed": 0.0,
            **of_aim,
        }
