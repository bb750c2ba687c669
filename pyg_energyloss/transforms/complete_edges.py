"""All pairs as a PyG transform."""

from __future__ import annotations

from torch_geometric.data.datapipes import functional_transform

from pyg_energyloss.transforms.rigid_edges import RigidEdgeTransform


@functional_transform("complete_energy_edges")
class CompleteEdgeTransform(RigidEdgeTransform):
    """Add every pair of the structure, for reference and for comparison with sparse edges.

    The loss does this by itself, without the list; the transform is for code that wants the list.

    Args:
        dim: dimension of space.
        attr: name of the edge attribute.

    Example:
        >>> import torch
        >>> from torch_geometric.data import Data
        >>> CompleteEdgeTransform()(Data(pos=torch.rand(3, 3))).energy_edge_index.shape
        torch.Size([2, 6])
    """

    def __init__(self, *, dim: int = 3, attr: str = "energy_edge_index") -> None:
        super().__init__("complete", dim=dim, attr=attr)
