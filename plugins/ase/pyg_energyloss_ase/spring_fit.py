"""A stiffness law fitted to the Hessians of an ASE calculator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from ase.calculators.calculator import BaseCalculator
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from torch_geometric.data import Data

from pyg_energyloss.stiffness import BondAware, fit_springs, hop_basis, hop_law
from pyg_energyloss_ase.calculators import calculator_factory
from pyg_energyloss_ase.convert import data_to_atoms
from pyg_energyloss_ase.evaluators.relaxation import relax
from pyg_energyloss_ase.second_derivatives import hessian


class SpringFit(NamedTuple):
    """A law and the fits that it is the mean of.

    ``strengths`` [num_molecules, 4] are those of bonds, 1-3 and 1-4 pairs in eV/Å², and of
    c / d² for all others in eV; NaN where a molecule has no such pair. ``residual``
    [num_molecules] is the share of each Hessian's norm that pair springs do not explain.
    """

    law: BondAware
    strengths: NDArray[np.float64]
    residual: NDArray[np.float64]


def fit_stiffness(
    molecules: Iterable[Data],
    calculator: str | Callable[..., BaseCalculator] = "gfn2",
    *,
    options: Mapping[str, Any] | None = None,
    max_force: float = 0.01,
    max_steps: int = 500,
) -> SpringFit:
    """Fit springs by topological distance to the Hessian of each molecule at its minimum.

    Every molecule is relaxed with the calculator first. The law is the mean over molecules,
    relative to a bond of one; use it as ``PairEnergyLoss(fit.law)``. It takes a fraction of a
    second per molecule with GFN2-xTB.

    Args:
        molecules: with ``z``, ``pos`` and the bonds as ``edge_index``, as in our data sets.
        calculator: see `calculator_factory`.
        options: keyword arguments of the calculator's constructor, e.g. the charge.
        max_force: of the relaxation, eV/Å.
        max_steps: of the relaxation.

    Raises:
        ImportError: tblite is asked for and not installed.
        ValueError: there are no molecules, one has no bonds, or its relaxation failed.

    Source: ours; `fit_springs`, and GFN2-xTB by Bannwarth, Ehlert, Grimme,
    J. Chem. Theory Comput. 15, 1652 (2019).
    """
    factory = calculator_factory(calculator, options)
    strengths, residuals = [], []
    for number, data in enumerate(molecules):
        if getattr(data, "edge_index", None) is None:
            raise ValueError(f"molecule {number} has no bonds; set its `edge_index`")
        with threadpool_limits(limits=1):
            end = relax(data_to_atoms(data), factory, max_force=max_force, max_steps=max_steps)
        if end is None or not end.converged:
            raise ValueError(
                f"molecule {number} did not relax to forces below {max_force} eV/Å in {max_steps} "
                "steps; leave it out, or raise `max_force` or `max_steps`"
            )
        pos = end.atoms.positions
        basis = hop_basis(pos, data.edge_index)
        found, residual = fit_springs(pos, hessian(end.atoms, factory), basis)
        strengths.append(np.where(basis.any(axis=(1, 2)), found, np.nan))
        residuals.append(residual)
    if not strengths:
        raise ValueError("`molecules` is empty; at least one molecule is needed")
    table = np.array(strengths)
    there = np.isfinite(table)
    mean = np.where(there, table, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    return SpringFit(hop_law(mean), table, np.array(residuals))
