"""ASE for pyg_energyloss: evaluators, an elastic-network calculator, converters, trajectories.

ASE imports this module to find plugins whenever it lists them, also for people who do not use
pyg_energyloss; so nothing heavy is imported here and finding nothing is never an error.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyg_energyloss_ase.calculators import calculator_factory
    from pyg_energyloss_ase.convert import atoms_to_data, batch_to_atoms, data_to_atoms
    from pyg_energyloss_ase.elastic_network import ElasticNetwork
    from pyg_energyloss_ase.second_derivatives import hessian
    from pyg_energyloss_ase.spring_fit import fit_stiffness
    from pyg_energyloss_ase.trajectory import write_structures, write_trajectory

_MODULE_OF = {
    "ElasticNetwork": "elastic_network",
    "atoms_to_data": "convert",
    "batch_to_atoms": "convert",
    "calculator_factory": "calculators",
    "data_to_atoms": "convert",
    "fit_stiffness": "spring_fit",
    "hessian": "second_derivatives",
    "write_structures": "trajectory",
    "write_trajectory": "trajectory",
}

__all__ = [
    "ElasticNetwork",
    "atoms_to_data",
    "batch_to_atoms",
    "calculator_factory",
    "data_to_atoms",
    "fit_stiffness",
    "hessian",
    "write_structures",
    "write_trajectory",
]


def _ase_plugins() -> frozenset[Any]:
    try:
        # Not from ase._4.plugins itself: that package is just being imported when ASE asks us.
        from ase._4.plugins.plugin import CalculatorPlugin
    except ImportError:  # an ASE without this mechanism
        return frozenset()
    return frozenset(
        {
            CalculatorPlugin(
                "energyloss",
                citation="Kaba, Sareen, Levy, Ravanbakhsh, NeurIPS 2025, arXiv:2511.02087",
                implementation="pyg_energyloss_ase.elastic_network.ElasticNetwork",
            )
        }
    )


def __getattr__(name: str) -> Any:
    if name == "__ase_plugins__":
        return _ase_plugins()
    if name in _MODULE_OF:
        return getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
