"""What a denoiser is told of the time."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

#: Waves over the unit interval.
WAVES = 8


class TimeEmbedding(nn.Module):
    """Maps times in [0, 1] to features, through waves of several frequencies.

    Args:
        channels: Width of the features.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(2 * WAVES + 1, channels), nn.SiLU(), nn.Linear(channels, channels)
        )

    def forward(self, time: Tensor) -> Tensor:
        """Return features [num_graphs, channels] of times [num_graphs]."""
        phase = time[:, None] * math.pi * torch.arange(1, WAVES + 1, device=time.device)
        out: Tensor = self.net(torch.cat([time[:, None], phase.sin(), phase.cos()], dim=-1))
        return out
