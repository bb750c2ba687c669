"""What is computed: tensors in, tensors out; no state, no I/O, no random numbers."""

from pyg_energyloss.functional.bonds import undirected_bonds
from pyg_energyloss.functional.complete_pair_energy import complete_pair_energy
from pyg_energyloss.functional.coordinate_error import coordinate_mae, coordinate_mse
from pyg_energyloss.functional.crystals.crystal_energy import crystal_energy
from pyg_energyloss.functional.crystals.crystal_mse import crystal_mse
from pyg_energyloss.functional.crystals.crystal_springs import (
    CrystalSprings,
    crystal_springs,
    listed_springs,
)
from pyg_energyloss.functional.crystals.minimum_image import minimum_image
from pyg_energyloss.functional.crystals.unwrap import unwrap
from pyg_energyloss.functional.edge_energy import edge_energy
from pyg_energyloss.functional.fape import fape
from pyg_energyloss.functional.geometry.frames import bonded_frames, frame_axes
from pyg_energyloss.functional.geometry.handedness import handedness
from pyg_energyloss.functional.geometry.internal_coordinates import (
    bond_angle,
    improper_angle,
    signed_volume,
    torsion_angle,
)
from pyg_energyloss.functional.geometry.rotation import kabsch_rotation
from pyg_energyloss.functional.kabsch import kabsch_mse
from pyg_energyloss.functional.kabsch_rmsd import kabsch_rmsd
from pyg_energyloss.functional.lddt import lddt
from pyg_energyloss.functional.neighbour_weight import neighbour_weight
from pyg_energyloss.functional.padded import from_padded, to_padded
from pyg_energyloss.functional.pair_energy import pair_energy
from pyg_energyloss.functional.sample_energy import sample_energy
from pyg_energyloss.functional.smooth_lddt import smooth_lddt
from pyg_energyloss.functional.spins.discrete_energy import categorical_field, discrete_energy
from pyg_energyloss.functional.spins.flip import flip_min, flip_overlap, flip_soft
from pyg_energyloss.functional.spins.ising_energy import ising_energy
from pyg_energyloss.functional.spins.ising_free_energy import ising_free_energy
from pyg_energyloss.functional.spins.local_field import local_field
from pyg_energyloss.functional.spins.local_field_energy import local_field_energy
from pyg_energyloss.functional.spins.spin_classification import spin_cross_entropy, spin_margin
from pyg_energyloss.functional.spins.spin_entropy import spin_entropy, spin_mean
from pyg_energyloss.functional.spins.target_bond_energy import target_bond_energy

__all__ = [
    "CrystalSprings",
    "bond_angle",
    "bonded_frames",
    "categorical_field",
    "complete_pair_energy",
    "coordinate_mae",
    "coordinate_mse",
    "crystal_energy",
    "crystal_mse",
    "crystal_springs",
    "discrete_energy",
    "edge_energy",
    "fape",
    "flip_min",
    "flip_overlap",
    "flip_soft",
    "frame_axes",
    "from_padded",
    "handedness",
    "improper_angle",
    "ising_energy",
    "ising_free_energy",
    "kabsch_mse",
    "kabsch_rmsd",
    "kabsch_rotation",
    "lddt",
    "listed_springs",
    "local_field",
    "local_field_energy",
    "minimum_image",
    "neighbour_weight",
    "pair_energy",
    "sample_energy",
    "signed_volume",
    "smooth_lddt",
    "spin_cross_entropy",
    "spin_entropy",
    "spin_margin",
    "spin_mean",
    "target_bond_energy",
    "to_padded",
    "torsion_angle",
    "undirected_bonds",
    "unwrap",
]
