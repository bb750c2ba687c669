"""Which pairs of a structure carry a spring: samplers over positions, by name and as objects."""

from pyg_energyloss.samplers.backbone import Backbone
from pyg_energyloss.samplers.base import EdgeSampler, Lattice, PairSample
from pyg_energyloss.samplers.complete import Complete
from pyg_energyloss.samplers.k_regular import KRegular, random_regular
from pyg_energyloss.samplers.lateration import LaterationEdges

__all__ = [
    "Backbone",
    "Complete",
    "EdgeSampler",
    "KRegular",
    "LaterationEdges",
    "Lattice",
    "PairSample",
    "random_regular",
]
