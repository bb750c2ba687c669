"""Baselines: ``model(data) -> pos [num_nodes, 3]``, or, for spins, logits [num_nodes]."""

from pyg_energyloss.models.egnn import EGNN
from pyg_energyloss.models.gnn import PlainGNN
from pyg_energyloss.models.spin_cnn import SpinCNN
from pyg_energyloss.models.spin_gnn import SpinGNN
from pyg_energyloss.models.vector_gnn import VectorGNN

__all__ = ["EGNN", "PlainGNN", "SpinCNN", "SpinGNN", "VectorGNN"]
