"""Plain and equivariant baselines: ``model(data) -> pos [num_nodes, 3]``."""

from pyg_energyloss.models.egnn import EGNN
from pyg_energyloss.models.gnn import PlainGNN

__all__ = ["EGNN", "PlainGNN"]
