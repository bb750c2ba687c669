"""Spin systems: lattices, exact ground states, data sets, baselines without learning."""

from pyg_energyloss.spins.annealing import simulated_annealing
from pyg_energyloss.spins.bound import BoundedState, bounded_ground_state, odd_cycle_bound
from pyg_energyloss.spins.branching import SearchLimitError
from pyg_energyloss.spins.dataset import SpinSystems
from pyg_energyloss.spins.generate import generate_systems
from pyg_energyloss.spins.ground_state import ground_state
from pyg_energyloss.spins.label import with_ground_state
from pyg_energyloss.spins.lattice import square_lattice
from pyg_energyloss.spins.metrics import SpinEvaluator, spin_signs
from pyg_energyloss.spins.relaxation import greedy_descent, zero_temperature

__all__ = [
    "BoundedState",
    "SearchLimitError",
    "SpinEvaluator",
    "SpinSystems",
    "bounded_ground_state",
    "generate_systems",
    "greedy_descent",
    "ground_state",
    "odd_cycle_bound",
    "simulated_annealing",
    "spin_signs",
    "square_lattice",
    "with_ground_state",
    "zero_temperature",
]
