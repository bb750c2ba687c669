"""What hosts take from torch-scatter, in plain torch, for where it cannot be built: declared."""

import torch
from torch_geometric import utils


def segment_csr(src, indptr, out=None, reduce="sum"):
    """Reduce values between the given places, as torch-scatter does."""
    if out is not None:
        raise NotImplementedError("`out` is not used by the hosts tried")
    return utils.segment(src, indptr, reduce=reduce)


def scatter(  # noqa: PLR0917 - its own signature
    src, index, dim=-1, out=None, dim_size=None, reduce="sum"
):
    """Reduce values along ``dim`` by the number of their place, as torch-scatter does."""
    if out is not None or index.dim() != 1:
        raise NotImplementedError("`out` and an `index` of many axes are not used by those tried")
    count = int(index.max()) + 1 if dim_size is None else dim_size
    return utils.scatter(src, index, dim=dim, dim_size=count, reduce=reduce)


def segment_coo(src, index, out=None, dim_size=None, reduce="sum"):
    """The same along the first axis."""
    return scatter(src, index, 0, out, dim_size, reduce)


def scatter_softmax(src, index, dim=-1, dim_size=None):
    """Softmax among the values of one place."""
    top = scatter(src, index, dim, dim_size=dim_size, reduce="max").index_select(dim, index)
    grown = torch.exp(src - top)
    return grown / scatter(grown, index, dim, dim_size=dim_size).index_select(dim, index)
