"""Work, free energy, entropy, equilibrium, and the learning barrier."""

from pyg_energyloss_springs.thermodynamics.barrier import Barrier, learning_barrier
from pyg_energyloss_springs.thermodynamics.entropy import EntropyRates, entropy, entropy_rates
from pyg_energyloss_springs.thermodynamics.equilibrium import (
    Equipartition,
    equipartition,
    sample_equilibrium,
)
from pyg_energyloss_springs.thermodynamics.free_energy import free_energy, minimum_energy
from pyg_energyloss_springs.thermodynamics.jarzynski import FreeEnergyChange, jarzynski
from pyg_energyloss_springs.thermodynamics.protocols import Protocol, move_data, release, switch
from pyg_energyloss_springs.thermodynamics.work import Work, measure_work

__all__ = [
    "Barrier",
    "EntropyRates",
    "Equipartition",
    "FreeEnergyChange",
    "Protocol",
    "Work",
    "entropy",
    "entropy_rates",
    "equipartition",
    "free_energy",
    "jarzynski",
    "learning_barrier",
    "measure_work",
    "minimum_energy",
    "move_data",
    "release",
    "sample_equilibrium",
    "switch",
]
