"""Is a graph, or a placement, rigid: constructions, tests and certificates."""

from pyg_energyloss.rigidity.frame import affine_frame
from pyg_energyloss.rigidity.lateration import Lateration, laterate

__all__ = ["Lateration", "affine_frame", "laterate"]
