"""Scales that let one network serve noise levels from 0.01 Å to 10 Å, and pure noise."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import Data

#: Root mean square coordinate of a centred small molecule, in Å.
SIGMA_DATA = 1.5


def precondition(data: Data) -> tuple[Tensor, Tensor, Tensor]:
    """Return the network's input and the two factors of its output.

    With σ the noise level of each graph, ``pos = c_skip * input_pos + c_out * network(c_in *
    input_pos)``. Without a noise level ``input_pos`` holds pure noise that only breaks the symmetry
    between equivalent atoms: then c_skip = 0, c_in = c_out = 1.

    Args:
        data: Batch with ``input_pos`` [num_nodes, 3], and ``noise_level`` [num_graphs] in Å if the
            input is a noised structure.

    Returns:
        Scaled input [num_nodes, 3], c_skip and c_out, [num_nodes, 1] each.

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
        ones = torch.ones_like(pos[:, :1])
        return pos, torch.zeros_like(ones), ones
    sigma = data.noise_level[data.batch].unsqueeze(-1)
    total = sigma**2 + SIGMA_DATA**2
    return pos / total.sqrt(), SIGMA_DATA**2 / total, sigma * SIGMA_DATA / total.sqrt()
