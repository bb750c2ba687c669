"""Noise and structures with the centre of mass at the origin, graph by graph."""

from __future__ import annotations

import torch
from torch import Tensor


def centred(x: Tensor, batch: Tensor, num_graphs: int) -> Tensor:
    """Return x [num_nodes, k] minus its mean over each graph.

    >>> centred(torch.tensor([[1.0], [3.0], [7.0]]), torch.tensor([0, 0, 1]), 2).flatten()
    tensor([-1.,  1.,  0.])
    """
    count = torch.bincount(batch, minlength=num_graphs).clamp(min=1).to(x.dtype)
    total = x.new_zeros(num_graphs, x.shape[-1]).index_add(0, batch, x)
    return x - (total / count[:, None])[batch]


def centred_noise(
    batch: Tensor, num_graphs: int, *, generator: torch.Generator, dim: int = 3
) -> Tensor:
    """Draw standard Gaussian noise [num_nodes, dim] on the subspace of zero centre of mass.

    Source: Koehler, Klein, Noe, "Equivariant Flows", ICML 2020; Hoogeboom et al., ICML 2022.
    """
    noise = torch.randn(batch.numel(), dim, generator=generator, device=batch.device)
    return centred(noise, batch, num_graphs)
