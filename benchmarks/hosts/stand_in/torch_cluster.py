"""``radius_graph`` in plain torch, for hosts whose torch-cluster cannot be built: declared."""

import torch


def radius_graph(  # noqa: PLR0917 - its own signature
    x,
    r,
    batch=None,
    loop=False,
    max_num_neighbors=32,
    flow="source_to_target",
    num_workers=1,
    batch_size=None,
):
    """Edges between points of a graph that are at most ``r`` apart, the nearest ones first."""
    del flow, num_workers, batch_size
    batch = torch.zeros(len(x), dtype=torch.long) if batch is None else batch
    distance = torch.cdist(x, x)
    near = (batch[:, None] == batch[None]) & (distance <= r)
    if not loop:
        near.fill_diagonal_(False)
    rank = torch.where(near, distance, torch.full_like(distance, torch.inf)).argsort(1).argsort(1)
    target, source = (near & (rank < max_num_neighbors)).nonzero().t()
    return torch.stack([source, target])
