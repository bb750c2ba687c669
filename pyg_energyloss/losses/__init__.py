"""What a training loop holds: thin modules over `pyg_energyloss.functional`."""

from pyg_energyloss.losses.arithmetic import LossArithmetic, LossSum
from pyg_energyloss.losses.coordinate_mae import CoordinateMAELoss
from pyg_energyloss.losses.coordinate_mse import CoordinateMSELoss
from pyg_energyloss.losses.graph_info import GraphInfo, graph_info
from pyg_energyloss.losses.kabsch_mse import KabschMSELoss
from pyg_energyloss.losses.pair_energy import PairEnergyLoss
from pyg_energyloss.losses.reduce import reduce_graphs
from pyg_energyloss.losses.structure import StructureLoss

__all__ = [
    "CoordinateMAELoss",
    "CoordinateMSELoss",
    "GraphInfo",
    "KabschMSELoss",
    "LossArithmetic",
    "LossSum",
    "PairEnergyLoss",
    "StructureLoss",
    "graph_info",
    "reduce_graphs",
]
