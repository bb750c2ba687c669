"""A moving picture of the sticks coming to rest."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pyg_energyloss.files import write_bytes
from pyg_energyloss.report.plots import figure
from pyg_energyloss_springs.app.pictures import draw_line, draw_surface
from pyg_energyloss_springs.app.problem import Problem

COLOUR_COUNT = 32
TIME_PER_FRAME = 60  # milliseconds


def write_animation(problem: Problem, path: Mapping[str, Any], file: Path) -> Path:
    """Write a GIF of the relaxation, for one or two features.

    Args:
        problem: what is learned.
        path: from `relaxation_path`.
        file: where to.

    Returns:
        The file.

    Raises:
        ValueError: there are more features than can be drawn.
    """
    if len(path["model"].grids) != 1 or problem.dim > 2:  # noqa: PLR2004 - what can be drawn
        raise ValueError(
            f"`problem` must have one or two features in one grid to be drawn, got {problem.dim}"
        )
    from PIL import Image

    frames = []
    for number in range(len(path["heights"])):
        picture = _frame(problem, path, number)
        image = Image.fromarray(picture)
        frames.append(image.quantize(COLOUR_COUNT, dither=Image.Dither.NONE))
    stream = io.BytesIO()
    frames[0].save(
        stream,
        format="GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[TIME_PER_FRAME] * (len(frames) - 1) + [1500],
        loop=0,
        optimize=True,
    )
    return write_bytes(file, stream.getvalue())


def _frame(problem: Problem, path: Mapping[str, Any], number: int) -> Any:
    heights = path["heights"][number][:, 0]
    values = problem.train[1][:, 0]
    low = min(float(path["heights"][..., 0].min()), float(values.min()))
    high = max(float(path["heights"][..., 0].max()), float(values.max()))
    pad = 0.05 * (high - low)
    flat = problem.dim == 1
    options = {} if flat else {"subplot_kw": {"projection": "3d"}}
    made, axes = figure(figsize=(5.6, 3.4) if flat else (5.2, 4.2), **options)
    made.set_dpi(90)
    axis = axes[0][0]
    if flat:
        draw_line(axis, problem, path["model"], heights)
        axis.set_ylim(low - pad, high + pad)
    else:
        draw_surface(axis, problem, path["model"], heights)
        axis.set_zlim(low - pad, high + pad)
    above = max(path["energy"][number] - path["least"], 0.0)
    axis.set_title(
        f"t = {path['time'][number]:5.2f}   energy above the minimum {above:9.3g}",
        fontsize=9,
        loc="left",
        family="monospace",
    )
    made.canvas.draw()
    return np.asarray(made.canvas.buffer_rgba())[..., :3].copy()
