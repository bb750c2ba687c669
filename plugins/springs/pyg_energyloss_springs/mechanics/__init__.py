"""The mechanical system: springs, masses, motion, rest."""

from pyg_energyloss_springs.mechanics.energy import QuadraticEnergy, quadratic_energy
from pyg_energyloss_springs.mechanics.frequencies import mode_frequencies
from pyg_energyloss_springs.mechanics.langevin import Langevin
from pyg_energyloss_springs.mechanics.mass import stick_mass
from pyg_energyloss_springs.mechanics.minibatch import minibatch_force
from pyg_energyloss_springs.mechanics.minimum import minimum
from pyg_energyloss_springs.mechanics.moments import Moments, equilibrium_moments, evolve
from pyg_energyloss_springs.mechanics.relaxation import damped_motion, overdamped_motion
from pyg_energyloss_springs.mechanics.springs import (
    Springs,
    anchor_springs,
    data_springs,
    hinge_springs,
)
from pyg_energyloss_springs.mechanics.state import State

__all__ = [
    "Langevin",
    "Moments",
    "QuadraticEnergy",
    "Springs",
    "State",
    "anchor_springs",
    "damped_motion",
    "data_springs",
    "equilibrium_moments",
    "evolve",
    "hinge_springs",
    "minibatch_force",
    "minimum",
    "mode_frequencies",
    "overdamped_motion",
    "quadratic_energy",
    "stick_mass",
]
