"""What a training loop holds: thin modules over `pyg_energyloss.functional`."""

from pyg_energyloss.losses.chains import AngleLoss, BondLoss, TorsionLoss
from pyg_energyloss.losses.coordinate_mae import CoordinateMAELoss
from pyg_energyloss.losses.coordinate_mse import CoordinateMSELoss
from pyg_energyloss.losses.crystal_mse import CrystalMSELoss
from pyg_energyloss.losses.distance import DistanceLoss
from pyg_energyloss.losses.fape import FAPELoss
from pyg_energyloss.losses.handedness import HandednessLoss
from pyg_energyloss.losses.kabsch_mse import KabschMSELoss
from pyg_energyloss.losses.kabsch_rmsd import RMSDLoss
from pyg_energyloss.losses.lattice import LatticeLoss
from pyg_energyloss.losses.noise_gated import NoiseGatedLoss
from pyg_energyloss.losses.pair_energy import PairEnergyLoss
from pyg_energyloss.losses.parts.arithmetic import LossArithmetic, LossSum
from pyg_energyloss.losses.parts.graph_info import GraphInfo, graph_info
from pyg_energyloss.losses.parts.padded import PaddedLoss
from pyg_energyloss.losses.parts.per_graph import global_mean, per_graph
from pyg_energyloss.losses.parts.reduce import reduce_graphs
from pyg_energyloss.losses.parts.structure import StructureLoss
from pyg_energyloss.losses.restraint import RestraintLoss
from pyg_energyloss.losses.smooth_lddt import SmoothLDDTLoss
from pyg_energyloss.losses.spins.expectation import ScoreFunction, multilinear
from pyg_energyloss.losses.spins.free_energy import FreeEnergyLoss
from pyg_energyloss.losses.spins.local_field import LocalFieldLoss
from pyg_energyloss.losses.spins.margin import MarginLoss
from pyg_energyloss.losses.spins.spin_cross_entropy import SpinCrossEntropyLoss
from pyg_energyloss.losses.spins.spin_info import SpinInfo, spin_info
from pyg_energyloss.losses.spins.spin_loss import SpinLoss
from pyg_energyloss.losses.spins.target_bond import TargetBondLoss
from pyg_energyloss.losses.spins.target_field import PairTable, TargetField
from pyg_energyloss.losses.spins.true_energy import TrueEnergyLoss
from pyg_energyloss.losses.symmetric import SymmetricLoss

__all__ = [
    "AngleLoss",
    "BondLoss",
    "CoordinateMAELoss",
    "CoordinateMSELoss",
    "CrystalMSELoss",
    "DistanceLoss",
    "FAPELoss",
    "FreeEnergyLoss",
    "GraphInfo",
    "HandednessLoss",
    "KabschMSELoss",
    "LatticeLoss",
    "LocalFieldLoss",
    "LossArithmetic",
    "LossSum",
    "MarginLoss",
    "NoiseGatedLoss",
    "PaddedLoss",
    "PairEnergyLoss",
    "PairTable",
    "RMSDLoss",
    "RestraintLoss",
    "ScoreFunction",
    "SmoothLDDTLoss",
    "SpinCrossEntropyLoss",
    "SpinInfo",
    "SpinLoss",
    "StructureLoss",
    "SymmetricLoss",
    "TargetBondLoss",
    "TargetField",
    "TorsionLoss",
    "TrueEnergyLoss",
    "global_mean",
    "graph_info",
    "multilinear",
    "per_graph",
    "reduce_graphs",
    "spin_info",
]
