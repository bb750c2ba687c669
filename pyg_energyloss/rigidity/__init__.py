"""Is a graph, or a placement, rigid: constructions, tests and certificates."""

from pyg_energyloss.rigidity.frame import affine_frame
from pyg_energyloss.rigidity.generic import is_globally_rigid, is_rigid
from pyg_energyloss.rigidity.lateration import Lateration, laterate

__all__ = ["Lateration", "affine_frame", "is_globally_rigid", "is_rigid", "laterate"]
