"""Pictures of the sticks and their springs."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from pyg_energyloss.report.plots import figure
from pyg_energyloss_springs.app.problem import Problem
from pyg_energyloss_springs.grid import Grid
from pyg_energyloss_springs.module import SpringsAndSticks

STICK, SPRING, DATA = "#0072B2", "#D55E00", "#333333"
#: So many data points are drawn; more springs would hide the sticks.
DRAWN = 60


def sticks_plot(problem: Problem, model: SpringsAndSticks, *, target: int = 0) -> Any:
    """Draw the sticks at rest: with their springs in one or two dimensions, else grid by grid."""
    if problem.dim == 1:
        made, axes = figure(figsize=(7.5, 4))
        draw_line(axes[0][0], problem, model, model.heights.detach()[:, target], target)
        return made
    if problem.dim == 2 and len(model.grids) == 1:  # noqa: PLR2004 - a surface
        made, axes = figure(figsize=(7.5, 5.6), subplot_kw={"projection": "3d"})
        draw_surface(axes[0][0], problem, model, model.heights.detach()[:, target], target)
        return made
    return _groups_plot(problem, model, target)


def draw_line(
    axis: Any,
    problem: Problem,
    model: SpringsAndSticks,
    heights: torch.Tensor,
    target: int = 0,
) -> None:
    """Sticks over one feature, a spring from each data point to its stick."""
    nodes = model.grids[0].nodes()[:, 0].numpy()
    points, values = _drawn(problem, target)
    reached = np.interp(points[:, 0], nodes, heights.numpy())
    for x, y, f in zip(points[:, 0], values, reached, strict=True):
        axis.plot(*_coil(x, y, f, 0.006 * (nodes[-1] - nodes[0])), color=SPRING, linewidth=0.7)
    axis.plot(points[:, 0], values, "o", color=DATA, markersize=3.2, label="data")
    axis.plot([], [], color=SPRING, linewidth=0.9, label="springs")
    axis.plot(
        nodes, heights.numpy(), "o-", color=STICK, linewidth=2.4, markersize=5.5, label="sticks"
    )
    axis.set_xlabel(problem.features[0])
    axis.set_ylabel(f"{problem.target[target]}, from its mean")


def draw_surface(
    axis: Any,
    problem: Problem,
    model: SpringsAndSticks,
    heights: torch.Tensor,
    target: int = 0,
) -> None:
    """A net of sticks over two features, a spring from each data point to it."""
    grid = model.grids[0]
    nodes = grid.nodes().numpy().reshape(*grid.shape, 2)
    levels = heights.numpy().reshape(grid.shape)
    for line in range(grid.shape[0]):
        axis.plot(nodes[line, :, 0], nodes[line, :, 1], levels[line], color=STICK, linewidth=1.5)
    for line in range(grid.shape[1]):
        axis.plot(nodes[:, line, 0], nodes[:, line, 1], levels[:, line], color=STICK, linewidth=1.5)
    points, values = _drawn(problem, target)
    inside = torch.from_numpy(points)
    with torch.no_grad():
        kept = model.heights[:, target].clone()
        model.heights[:, target] = heights
        reached = model(inside)[:, target].numpy()
        model.heights[:, target] = kept
    for (x, y), z, f in zip(points, values, reached, strict=True):
        axis.plot([x, x], [y, y], [z, f], color=SPRING, linewidth=0.9)
    axis.plot(points[:, 0], points[:, 1], values, "o", color=DATA, markersize=2.6)
    axis.set_xlabel(problem.features[0])
    axis.set_ylabel(problem.features[1])
    axis.set_zlabel(f"{problem.target[target]}, from its mean")
    axis.view_init(elev=28, azim=-58)


def _groups_plot(problem: Problem, model: SpringsAndSticks, target: int) -> Any:
    count = len(model.grids)
    columns = min(4, count)
    rows = -(-count // columns)
    made, axes = figure(nrows=rows, ncols=columns, figsize=(2.7 * columns, 2.5 * rows))
    start = 0
    heights = model.heights.detach()[:, target]
    parts = []
    for grid in model.grids:
        part = heights[start : start + grid.num_nodes].numpy().reshape(grid.shape)
        # What a group adds is known up to a constant that the others can take over.
        parts.append((grid, part - part.mean()))
        start += grid.num_nodes
    span = max(float(abs(part).max()) for _, part in parts) or 1.0
    flat = [axis for line in axes for axis in line]
    for axis, (grid, part) in zip(flat, parts, strict=False):
        _draw_group(axis, problem, grid, part, span)
    for axis in flat[count:]:
        axis.set_visible(False)
    return made


def _draw_group(axis: Any, problem: Problem, grid: Grid, part: Any, span: float) -> None:
    names = [problem.features[i] for i in grid.features]
    ends = [np.linspace(a, b, n) for a, b, n in zip(grid.low, grid.high, grid.shape, strict=True)]
    axis.tick_params(labelsize=7)
    axis.set_xlabel(names[0], fontsize=9)
    if len(names) == 1:
        axis.plot(ends[0], part, "o-", color=STICK, markersize=3.5)
        axis.set_ylim(-1.1 * span, 1.1 * span)
        return
    # More than two features: the mean over the others.
    shown = part.mean(axis=tuple(range(2, part.ndim)))
    axis.pcolormesh(
        ends[0], ends[1], shown.T, cmap="RdBu_r", vmin=-span, vmax=span, shading="gouraud"
    )
    axis.set_ylabel(names[1], fontsize=9)
    axis.grid(visible=False)


def _coil(x: float, y: float, end: float, width: float) -> tuple[Any, Any]:
    """A zigzag from (x, y) to (x, end)."""
    turns = 9
    along = np.linspace(0, 1, 2 * turns + 1)
    across = np.zeros_like(along)
    across[1:-1] = width * (-1.0) ** np.arange(len(along) - 2)
    return x + across, y + (end - y) * along


def _drawn(problem: Problem, target: int) -> tuple[Any, Any]:
    points, values = problem.train
    stride = max(1, len(points) // DRAWN)
    return points[::stride], values[::stride, target]
