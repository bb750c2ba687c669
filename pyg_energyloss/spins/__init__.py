"""Spin systems: lattices, exact ground states, data sets, baselines without learning."""

from pyg_energyloss.spins.branching import SearchLimitError
from pyg_energyloss.spins.dataset import SpinSystems
from pyg_energyloss.spins.generate import generate_systems
from pyg_energyloss.spins.ground_state import ground_state
from pyg_energyloss.spins.lattice import square_lattice

__all__ = [
    "SearchLimitError",
    "SpinSystems",
    "generate_systems",
    "ground_state",
    "square_lattice",
]
