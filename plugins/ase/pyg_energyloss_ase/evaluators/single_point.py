"""Energy above the true structure and largest force, from any ASE calculator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import BaseCalculator, InputError, all_changes
from ase.calculators.emt import EMT
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss_ase.calculators import CalculatorFactory, calculator_factory
from pyg_energyloss_ase.graphs import measure_graphs

NAN = float("nan")
EMT_TOY_ELEMENTS = frozenset({"H", "C", "N", "O"})


def single_point(atoms: Atoms, factory: CalculatorFactory) -> tuple[float, float]:
    """Energy and largest force of one structure; NaN if the calculator fails.

    A self-consistent field that does not converge is a property of a bad structure, so it is a
    result here and no error. Structures with non-finite positions are not handed to the calculator.

    Args:
        atoms: the structure, Å.
        factory: makes a calculator.

    Returns:
        Energy in eV and largest norm of a force in eV/Å; ``(nan, nan)`` after a failure.

    >>> from ase.build import bulk
    >>> from pyg_energyloss_ase.calculators import calculator_factory
    >>> energy, force = single_point(bulk("Cu"), calculator_factory("emt"))
    >>> force < 1e-10
    True
    """
    if len(atoms) == 0 or not np.isfinite(atoms.positions).all():
        return NAN, NAN
    system = atoms.copy()
    system.calc = factory()
    try:
        energy = float(system.get_potential_energy())
        force = float(np.linalg.norm(system.get_forces(), axis=1).max())
    except Exception:  # noqa: BLE001 - whatever a calculator raises, the run goes on with NaN
        return NAN, NAN
    return (energy, force) if np.isfinite([energy, force]).all() else (NAN, NAN)


class SinglePoint:
    """Energy of the prediction above the energy of the true structure, and its largest force.

    Args:
        calculator: see `calculator_factory`.
        options: keyword arguments of the calculator's constructor.
        max_graphs: only the first so many graphs of a call are calculated, the others are NaN.

    Returns of a call (each [num_graphs], float64, NaN where the calculation failed):
        ``energy_above_reference``: eV; below zero if the prediction is the more stable one.
        ``max_force``: eV/Å, of the prediction.
        ``failed``: 1 if the calculation of the prediction failed, else 0.
    """

    keys = ("energy_above_reference", "max_force", "failed")

    def __init__(
        self,
        *,
        calculator: str | Callable[..., BaseCalculator] = "gfn2",
        options: Mapping[str, Any] | None = None,
        max_graphs: int | None = None,
    ) -> None:
        self.factory = calculator_factory(calculator, options)
        self.max_graphs = max_graphs

    def __call__(self, pos_pred: Tensor, data: Data) -> dict[str, Tensor]:
        """Evaluate a batch of predictions [num_nodes, 3] against ``data.pos``."""
        return measure_graphs(
            pos_pred, data, self._measure, keys=self.keys, max_graphs=self.max_graphs
        )

    def _measure(self, predicted: Atoms, true: Atoms) -> dict[str, float]:
        energy, force = single_point(predicted, self.factory)
        reference, _ = single_point(true, self.factory)
        return {
            "energy_above_reference": energy - reference,
            "max_force": force,
            "failed": float(np.isnan(energy)),
        }


def gfn2(*, charge: int = 0, max_graphs: int | None = None) -> SinglePoint:
    """`SinglePoint` with GFN2-xTB from tblite, 2 to 50 ms a molecule.

    Source: Bannwarth, Ehlert, Grimme, J. Chem. Theory Comput. 15, 1652 (2019).
    """
    return SinglePoint(calculator="gfn2", options={"charge": charge}, max_graphs=max_graphs)


def emt(*, max_graphs: int | None = None) -> SinglePoint:
    """`SinglePoint` with ASE's effective-medium theory for Al, Cu, Ag, Au, Ni, Pd and Pt.

    ASE's EMT also computes H, C, N and O, with parameters that its manual calls made up for tests;
    here these elements, and all it does not know, give NaN.

    Source: Jacobsen, Stoltze, Norskov, Surf. Sci. 366, 394 (1996).
    """
    return SinglePoint(calculator=_MetalsOnly, max_graphs=max_graphs)


class _MetalsOnly(EMT):
    """EMT that fails on the elements whose parameters are not meant for physics."""

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        if atoms is not None and (toys := EMT_TOY_ELEMENTS & set(atoms.symbols)):
            raise InputError(f"EMT has no physical parameters for {', '.join(sorted(toys))}")
        super().calculate(atoms, list(properties), list(system_changes))
