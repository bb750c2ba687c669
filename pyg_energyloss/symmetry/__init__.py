"""Automorphisms of molecular graphs: generators, orbits, closures."""

from pyg_energyloss.symmetry.automorphisms import automorphism_generators
from pyg_energyloss.symmetry.closure import close_edges
from pyg_energyloss.symmetry.orbits import node_orbits, pair_orbits

__all__ = ["automorphism_generators", "close_edges", "node_orbits", "pair_orbits"]
