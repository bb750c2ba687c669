"""What is computed: tensors in, tensors out; no state, no I/O, no random numbers."""

from pyg_energyloss.functional.bonds import undirected_bonds
from pyg_energyloss.functional.complete_pair_energy import complete_pair_energy
from pyg_energyloss.functional.coordinate_error import coordinate_mae, coordinate_mse
from pyg_energyloss.functional.ising_energy import ising_energy
from pyg_energyloss.functional.kabsch import kabsch_mse, kabsch_rotation
from pyg_energyloss.functional.local_field import local_field
from pyg_energyloss.functional.pair_energy import edge_energy, pair_energy

__all__ = [
    "complete_pair_energy",
    "coordinate_mae",
    "coordinate_mse",
    "edge_energy",
    "ising_energy",
    "kabsch_mse",
    "kabsch_rotation",
    "local_field",
    "pair_energy",
    "undirected_bonds",
]
