"""The part of torch-scatter's name space that hosts import from."""

from torch_scatter import scatter_softmax

__all__ = ["scatter_softmax"]
