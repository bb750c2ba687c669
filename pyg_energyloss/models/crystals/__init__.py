"""Networks that predict crystals: positions and, if it is asked for, the lattice."""

from pyg_energyloss.models.crystals.egnn import CrystalEGNN
from pyg_energyloss.models.crystals.gnn import CrystalGNN

__all__ = ["CrystalEGNN", "CrystalGNN"]
