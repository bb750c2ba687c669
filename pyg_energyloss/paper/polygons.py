"""Regular polygons from their radius: the toy problem of figure 3."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

#: Radii that shapes are judged at.
RADII = (0.4, 4.9)


def train_polygons(
    loss: Any, *, vertices: int = 12, turn: float = math.pi, steps: int = 600, seed: int = 0
) -> Tensor:
    """Train a network that turns a radius into a regular polygon, and return what it predicts.

    Two hidden layers of 64; radii even in 0.3 to 5; targets turned by an angle even in ±``turn``;
    batches of 32, Adam with a cosine from 3e-3 to zero. The global generator is left as it was.

    Args:
        loss: Any structure loss, ``loss(pos_pred, data) -> scalar``.
        vertices: Corners of the polygon.
        turn: Largest turn of the targets, radians.
        steps: Optimiser steps.
        seed: Of the weights and of the data.

    Returns:
        Polygons at 100 radii, [100, vertices, 2].

    Source: arXiv 2511.02087, section 6.1 and appendix C.1, where 100 000 shapes are seen 50 times.
    """
    noise = torch.Generator().manual_seed(seed)
    # The weights are drawn with the global generator, which is put back afterwards.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = nn.Sequential(
            nn.Linear(1, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 2 * vertices)
        )
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    corner = torch.arange(vertices) * (2 * math.pi / vertices)
    batch = torch.repeat_interleave(torch.arange(32), vertices)
    for _ in range(steps):
        radius = 0.3 + 4.7 * torch.rand(32, 1, generator=noise)
        angle = corner + turn * (2 * torch.rand(32, 1, generator=noise) - 1)
        target = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=2)
        data = Data(pos=target.reshape(-1, 2), batch=batch, num_graphs=32)
        optimizer.zero_grad()
        loss(model(radius).reshape(-1, 2), data).backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        shapes: Tensor = model(torch.linspace(*RADII, 100)[:, None]).reshape(100, vertices, 2)
    return shapes


def polygon_quality(pos: Tensor) -> float:
    """Return how regular polygons [num_shapes, vertices, 2] are; 5 to 6 looks perfect.

    Formula: mean over shapes of -ln(σ_angle / 2π + σ_radius / r̄), angles between neighbours.

    >>> angle = torch.arange(6) * (2 * math.pi / 6)
    >>> hexagon = torch.stack([angle.cos(), angle.sin()], dim=1)[None]
    >>> polygon_quality(hexagon) > 12, polygon_quality(hexagon * torch.tensor([1.0, 0.2])) < 1.5
    (True, True)

    Source: arXiv 2511.02087, appendix C.1.
    """
    pos = pos - pos.mean(1, keepdim=True)
    radius = pos.norm(dim=2)
    angle = torch.atan2(pos[..., 1], pos[..., 0])
    step = (angle.roll(-1, 1) - angle) % (2 * math.pi)
    # A mirror image is as good; its steps are close to a full turn.
    step = torch.minimum(step, 2 * math.pi - step)
    spread = step.std(1) / (2 * math.pi) + radius.std(1) / radius.mean(1)
    return float(-spread.log().mean())
