"""Automorphisms of molecular graphs: generators, orbits, closures."""

from pyg_energyloss.symmetry.automorphisms import automorphism_generators
from pyg_energyloss.symmetry.closure import close_edges
from pyg_energyloss.symmetry.group import (
    group_elements,
    group_factors,
    near_elements,
    random_elements,
)
from pyg_energyloss.symmetry.images import Images, molecule_images
from pyg_energyloss.symmetry.orbits import node_orbits, pair_orbits
from pyg_energyloss.symmetry.refinement import refined_colors
from pyg_energyloss.symmetry.stereo import StereoGraph
from pyg_energyloss.symmetry.stereo_tags import hand_of, mirrored_tags, stereo_tags

__all__ = [
    "Images",
    "StereoGraph",
    "automorphism_generators",
    "close_edges",
    "group_elements",
    "group_factors",
    "hand_of",
    "mirrored_tags",
    "molecule_images",
    "near_elements",
    "node_orbits",
    "pair_orbits",
    "random_elements",
    "refined_colors",
    "stereo_tags",
]
