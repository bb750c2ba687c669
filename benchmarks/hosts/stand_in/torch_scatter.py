"""``scatter`` by torch-geometric, for hosts whose torch-scatter cannot be built: declared."""

from torch_geometric.utils import scatter as _scatter


def scatter(src, index, dim=-1, out=None, dim_size=None, reduce="sum"):  # noqa: PLR0917 - its own
    """Reduce values by index, as torch-scatter does."""
    if out is not None:
        raise NotImplementedError("`out` is not used by the hosts tried")
    return _scatter(src, index, dim=dim, dim_size=dim_size, reduce=reduce)
