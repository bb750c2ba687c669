"""The second derivatives of any calculator's energy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import BaseCalculator
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pyg_energyloss_ase.calculators import calculator_factory


def hessian(
    atoms: Atoms,
    calculator: str | Callable[..., BaseCalculator] = "gfn2",
    *,
    options: Mapping[str, Any] | None = None,
    step: float = 0.01,
) -> NDArray[np.float64]:
    """Return the Cartesian Hessian [3n, 3n] in eV/Å², from central differences of the forces.

    Symmetric; constraints of the structure are not applied. It runs on one thread, which is
    fastest for tblite at this size (see `measure_graphs`).

    Args:
        atoms: the structure, Å; left as it is.
        calculator: see `calculator_factory`.
        options: keyword arguments of the calculator's constructor.
        step: displacement of each coordinate, Å.

    Raises:
        ImportError: tblite is asked for and not installed.
        ValueError: ``atoms`` is empty or has non-finite positions, ``step`` is not positive.

    >>> from ase.calculators.lj import LennardJones
    >>> dimer = Atoms("Ar2", [[0, 0, 0], [0, 0, 2 ** (1 / 6)]])
    >>> found = hessian(dimer, LennardJones, options={"rc": 1e6}, step=1e-4)
    >>> found[2, [2, 5]].round(3).tolist()  # ± 72 ε / r²
    [57.146, -57.146]
    """
    if len(atoms) == 0 or not np.isfinite(atoms.positions).all():
        raise ValueError(
            f"`atoms` must be at least one atom at finite positions, got {atoms!r}; leave out "
            "empty and exploded structures"
        )
    if not step > 0:
        raise ValueError(f"`step` must be a positive length in Å, got {step!r}")
    system = atoms.copy()
    system.calc = calculator_factory(calculator, options)()
    positions = system.positions.copy()
    rows = np.empty((positions.size, positions.size))
    with threadpool_limits(limits=1):
        for row in range(positions.size):
            move = np.zeros_like(positions)
            move.flat[row] = step
            forces = []
            for end in (positions + move, positions - move):
                system.positions = end
                forces.append(system.get_forces(apply_constraint=False).ravel())
            rows[row] = (forces[1] - forces[0]) / (2 * step)
    symmetric: NDArray[np.float64] = 0.5 * (rows + rows.T)
    return symmetric
