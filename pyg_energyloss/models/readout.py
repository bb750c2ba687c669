"""What networks end with."""

from __future__ import annotations

from torch import nn


def readout(channels: int, size: int) -> nn.Sequential:
    """Return a norm and two linear maps with SiLU between: features [n, channels] to [n, size]."""
    return nn.Sequential(
        nn.LayerNorm(channels), nn.Linear(channels, channels), nn.SiLU(), nn.Linear(channels, size)
    )
