"""Vibrational check: is the structure a minimum of the calculator's energy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import BaseCalculator
from ase.vibrations import VibrationsData
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss_ase.calculators import CalculatorFactory, calculator_factory
from pyg_energyloss_ase.evaluators.relaxation import relax
from pyg_energyloss_ase.graphs import measure_graphs
from pyg_energyloss_ase.second_derivatives import hessian


def frequencies(
    atoms: Atoms, factory: CalculatorFactory, *, step: float = 0.01
) -> NDArray[np.float64] | None:
    """Vibrational frequencies from central differences of the forces, rigid motions left out.

    Args:
        atoms: the structure, Å.
        factory: makes a calculator.
        step: displacement of each coordinate, Å.

    Returns:
        Frequencies in 1/cm, ascending, imaginary ones as negative numbers; the rigid-body motions
        are projected out of the Hessian. None if the calculator failed.
    """
    if len(atoms) == 0 or not np.isfinite(atoms.positions).all():
        return None
    try:
        second = hessian(atoms, factory, step=step)
    except Exception:  # noqa: BLE001 - whatever a calculator raises, the run goes on with NaN
        return None
    if not np.isfinite(second).all():
        return None
    vibrating = _without_rigid_motion(atoms, second)
    modes = VibrationsData.from_2d(atoms, vibrating).get_frequencies()
    values = np.where(np.abs(modes.imag) > np.abs(modes.real), -np.abs(modes.imag), modes.real)
    rigid = _rigid_motions(atoms).shape[1]
    return np.sort(values[np.argsort(np.abs(values), kind="stable")[rigid:]])


class Vibrational:
    """Count the imaginary modes of the prediction, or of what it relaxes to.

    Args:
        calculator: see `calculator_factory`.
        options: keyword arguments of the calculator's constructor.
        relax_first: take the relaxed structure (a check that the relaxation found a minimum)
            instead of the prediction itself.
        max_force: of the relaxation, eV/Å.
        max_steps: of the relaxation.
        threshold: a mode counts as imaginary below ``-threshold``, 1/cm.
        max_graphs: only the first so many graphs of a call are calculated, the others are NaN.

    Returns of a call (each [num_graphs], float64, NaN where the calculation failed):
        ``imaginary_modes``: how many.
        ``lowest_frequency``: 1/cm, negative if imaginary.
        ``is_minimum``: 1 if no mode is imaginary, else 0.
    """

    keys = ("imaginary_modes", "lowest_frequency", "is_minimum")

    def __init__(
        self,
        *,
        calculator: str | Callable[..., BaseCalculator] = "gfn2",
        options: Mapping[str, Any] | None = None,
        relax_first: bool = True,
        max_force: float = 0.01,
        max_steps: int = 500,
        threshold: float = 20.0,
        max_graphs: int | None = None,
    ) -> None:
        self.factory = calculator_factory(calculator, options)
        self.relax_first = relax_first
        self.max_force = max_force
        self.max_steps = max_steps
        self.threshold = threshold
        self.max_graphs = max_graphs

    def __call__(self, pos_pred: Tensor, data: Data) -> dict[str, Tensor]:
        """Evaluate a batch of predictions [num_nodes, 3]; ``data`` gives the elements."""
        return measure_graphs(
            pos_pred, data, self._measure, keys=self.keys, max_graphs=self.max_graphs
        )

    def _measure(self, predicted: Atoms, true: Atoms) -> dict[str, float]:  # noqa: ARG002 - the protocol of Measure
        if self.relax_first:
            end = relax(predicted, self.factory, max_force=self.max_force, max_steps=self.max_steps)
            if end is None:
                return {}
            predicted = end.atoms
        found = frequencies(predicted, self.factory)
        if found is None:
            return {}
        imaginary = int((found < -self.threshold).sum())
        return {
            "imaginary_modes": float(imaginary),
            "lowest_frequency": float(found[0]) if len(found) else float("nan"),
            "is_minimum": float(imaginary == 0),
        }


def _rigid_motions(atoms: Atoms) -> NDArray[np.float64]:
    """Orthonormal basis [3 n, 3..6] of mass-weighted rigid motions; translations if periodic."""
    root = np.sqrt(atoms.get_masses())
    motions = [np.outer(root, axis) for axis in np.eye(3)]
    if not atoms.pbc.any():
        centred = atoms.positions - atoms.get_center_of_mass()
        motions += [root[:, None] * np.cross(axis, centred) for axis in np.eye(3)]
    basis, values, _ = np.linalg.svd(np.stack([m.ravel() for m in motions], 1), full_matrices=False)
    found: NDArray[np.float64] = basis[:, values > 1e-6 * values[0]]
    return found


def _without_rigid_motion(atoms: Atoms, second: NDArray[np.float64]) -> NDArray[np.float64]:
    root = np.repeat(np.sqrt(atoms.get_masses()), 3)
    rigid = _rigid_motions(atoms)
    keep = np.eye(len(second)) - rigid @ rigid.T
    weighted = keep @ (second / np.outer(root, root)) @ keep
    result: NDArray[np.float64] = weighted * np.outer(root, root)
    return result
