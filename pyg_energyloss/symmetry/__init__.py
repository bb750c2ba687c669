"""Automorphisms of molecular graphs: generators, orbits, closures."""

from pyg_energyloss.symmetry.automorphisms import automorphism_generators

__all__ = ["automorphism_generators"]
