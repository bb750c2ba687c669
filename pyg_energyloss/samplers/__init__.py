"""Which pairs of a structure carry a spring: samplers over positions, by name and as objects."""

from pyg_energyloss.samplers.backbone import Backbone
from pyg_energyloss.samplers.base import EdgeSampler
from pyg_energyloss.samplers.bonds import BondEdges
from pyg_energyloss.samplers.complete import Complete
from pyg_energyloss.samplers.erdos_renyi import ErdosRenyi
from pyg_energyloss.samplers.k_regular import KRegular, random_regular
from pyg_energyloss.samplers.lateration import LaterationEdges
from pyg_energyloss.samplers.nearest import NearestNeighbours
from pyg_energyloss.samplers.sample import Lattice, PairSample

__all__ = [
    "Backbone",
    "BondEdges",
    "Complete",
    "EdgeSampler",
    "ErdosRenyi",
    "KRegular",
    "LaterationEdges",
    "Lattice",
    "NearestNeighbours",
    "PairSample",
    "random_regular",
]
