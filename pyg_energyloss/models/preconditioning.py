"""Scales that let one network serve noise levels from 0.01 Å to 10 Å, and pure noise."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data

#: Root mean square coordinate of a centred small molecule, in Å, where the data tell none.
SIGMA_DATA = 1.5


def precondition(data: Data) -> tuple[Tensor, Tensor, Tensor]:
    """Return the network's input, and what makes positions of its output.

    With σ the noise level of each graph, ``pos = base + c_out * network(c_in * centred_input)`` and
    ``base = centre + c_skip * centred_input``. Without a noise level ``input_pos`` holds pure noise
    that only breaks the symmetry between equivalent atoms: then base = 0 and c_in = c_out = 1.

    Args:
        data: Batch with ``input_pos`` [num_nodes, 3], and ``noise_level`` [num_graphs] in Å if the
            input is a noised structure; ``sigma_data`` [num_graphs] is the root mean square
            coordinate of each structure in Å, 1.5 if it is not there.

    Returns:
        Scaled input [num_nodes, 3], base [num_nodes, 3], c_out [num_nodes, 1].

    Raises:
        ValueError: ``data`` has no ``input_pos``.

    Source: Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models",
    NeurIPS 2022, table 1.
    """
    if "input_pos" not in data:
        raise ValueError(
            "`data` has no `input_pos`; a model needs starting coordinates: noise for the task "
            "geometry, the noised structure for the task denoise"
        )
    pos: Tensor = data.input_pos
    if "noise_level" not in data:
        return pos, torch.zeros_like(pos), torch.ones_like(pos[:, :1])
    sigma = data.noise_level[data.batch].unsqueeze(-1)
    size = data.sigma_data[data.batch].unsqueeze(-1) if "sigma_data" in data else SIGMA_DATA
    total = sigma**2 + size**2
    centre = graph_mean(pos, data)[data.batch]
    base = centre + size**2 / total * (pos - centre)
    return (pos - centre) / total.sqrt(), base, sigma * size / total.sqrt()


def graph_mean(h: Tensor, data: Data) -> Tensor:
    """Mean of node features over each graph, [num_graphs, channels]."""
    count = (data.ptr[1:] - data.ptr[:-1]).to(h.dtype).clamp(min=1).unsqueeze(-1)
    total = h.new_zeros(count.shape[0], h.shape[-1]).index_add(0, data.batch, h)
    mean: Tensor = total / count
    return mean
