"""Restraints: chirality, E/Z, planarity, bonds, angles, torsions and clashes as energy terms."""

from pyg_energyloss.restraints.coordinates import term_values
from pyg_energyloss.restraints.energy import atom_energy, restraint_energy, term_energy
from pyg_energyloss.restraints.hand import choose_hand
from pyg_energyloss.restraints.kinds import Coordinate, Kind
from pyg_energyloss.restraints.molecules import from_rdkit
from pyg_energyloss.restraints.radii import van_der_waals_radii
from pyg_energyloss.restraints.relaxation import relax
from pyg_energyloss.restraints.structures import from_data
from pyg_energyloss.restraints.terms import Restraints
from pyg_energyloss.restraints.violated import Violation, violations

__all__ = [
    "Coordinate",
    "Kind",
    "Restraints",
    "Violation",
    "atom_energy",
    "choose_hand",
    "from_data",
    "from_rdkit",
    "relax",
    "restraint_energy",
    "term_energy",
    "term_values",
    "van_der_waals_radii",
    "violations",
]
