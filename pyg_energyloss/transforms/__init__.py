"""The samplers and the restraints as PyG transforms."""

from pyg_energyloss.transforms.complete_edges import CompleteEdgeTransform
from pyg_energyloss.transforms.restraints import RestraintTransform
from pyg_energyloss.transforms.rigid_edges import RigidEdgeTransform

__all__ = ["CompleteEdgeTransform", "RestraintTransform", "RigidEdgeTransform"]
