"""Learning with springs and sticks: a regressor that is a mechanical system.

Looking the plugin up imports this package; torch and scikit-learn are imported when a name is first
used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyg_energyloss_springs.grid import Grid, make_grids
    from pyg_energyloss_springs.mechanics import (
        Langevin,
        QuadraticEnergy,
        Springs,
        State,
        damped_motion,
        minibatch_force,
        minimum,
        overdamped_motion,
        quadratic_energy,
    )
    from pyg_energyloss_springs.module import SpringsAndSticks
    from pyg_energyloss_springs.regressor import SpringsAndSticksRegressor
    from pyg_energyloss_springs.thermodynamics import (
        entropy_rates,
        equipartition,
        free_energy,
        jarzynski,
        learning_barrier,
        measure_work,
        move_data,
        release,
        sample_equilibrium,
        switch,
    )

_MODULE_OF = {
    "Grid": "grid",
    "Langevin": "mechanics",
    "QuadraticEnergy": "mechanics",
    "Springs": "mechanics",
    "SpringsAndSticks": "module",
    "SpringsAndSticksRegressor": "regressor",
    "State": "mechanics",
    "damped_motion": "mechanics",
    "entropy_rates": "thermodynamics",
    "equipartition": "thermodynamics",
    "free_energy": "thermodynamics",
    "jarzynski": "thermodynamics",
    "learning_barrier": "thermodynamics",
    "make_grids": "grid",
    "measure_work": "thermodynamics",
    "minibatch_force": "mechanics",
    "minimum": "mechanics",
    "move_data": "thermodynamics",
    "overdamped_motion": "mechanics",
    "quadratic_energy": "mechanics",
    "release": "thermodynamics",
    "sample_equilibrium": "thermodynamics",
    "switch": "thermodynamics",
}

__all__ = [
    "Grid",
    "Langevin",
    "QuadraticEnergy",
    "Springs",
    "SpringsAndSticks",
    "SpringsAndSticksRegressor",
    "State",
    "damped_motion",
    "entropy_rates",
    "equipartition",
    "free_energy",
    "jarzynski",
    "learning_barrier",
    "make_grids",
    "measure_work",
    "minibatch_force",
    "minimum",
    "move_data",
    "overdamped_motion",
    "quadratic_energy",
    "release",
    "sample_equilibrium",
    "switch",
]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
