"""Samplers: from noise to molecules, by a number of calls of the denoiser."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from pyg_energyloss.generative.centre import centred_noise
from pyg_energyloss.generative.diffusion import MoleculeDiffusion
from pyg_energyloss.generative.guide import Guide
from pyg_energyloss.generative.parametrisation import epsilon_from_x0
from pyg_energyloss.generative.steps import (
    Levels,
    ancestral_step,
    ddim_step,
    heun_correction,
    time_grid,
)

Pair = tuple[Tensor, Tensor]
Seen = Callable[[Tensor, Tensor, Tensor], Pair]


#: Moves positions and types one step down in noise: (now, see, times, levels, noise) -> later.
Step = Callable[[Pair, Seen, Pair, tuple[Levels, Levels], Callable[[], Pair]], Pair]


def ancestral(
    now: Pair, see: Seen, times: Pair, levels: tuple[Levels, Levels], noise: Callable[[], Pair]
) -> Pair:
    """Draw from the posterior of the noising process; one call of the denoiser."""
    clean, drawn = see(*now, times[0]), noise()
    pos, types = (
        ancestral_step(x, c, *levels, n) for x, c, n in zip(now, clean, drawn, strict=True)
    )
    return pos, types


def ddim(
    now: Pair, see: Seen, times: Pair, levels: tuple[Levels, Levels], _noise: Callable[[], Pair]
) -> Pair:
    """Follow the probability-flow ODE by DDIM's step (Euler's, for flow matching)."""
    pos, types = (ddim_step(x, c, *levels) for x, c in zip(now, see(*now, times[0]), strict=True))
    return pos, types


def heun(
    now: Pair, see: Seen, times: Pair, levels: tuple[Levels, Levels], _noise: Callable[[], Pair]
) -> Pair:
    """Follow the probability-flow ODE to second order; two calls of the denoiser."""
    clean = see(*now, times[0])
    first = tuple(epsilon_from_x0(x, c, *levels[0]) for x, c in zip(now, clean, strict=True))
    ahead = tuple(ddim_step(x, c, *levels) for x, c in zip(now, clean, strict=True))
    seen = see(ahead[0], ahead[1], times[1])
    second = tuple(epsilon_from_x0(x, c, *levels[1]) for x, c in zip(ahead, seen, strict=True))
    pos, types = (
        heun_correction(x, e, f, *levels) for x, e, f in zip(now, first, second, strict=True)
    )
    return pos, types


#: Steps by name.
SAMPLERS: dict[str, Step] = {"ancestral": ancestral, "ddim": ddim, "heun": heun}


@torch.no_grad()
def sample(
    diffusion: MoleculeDiffusion,
    counts: Tensor,
    *,
    steps: int = 100,
    step: Step = ancestral,
    generator: torch.Generator,
    guide: Guide | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Data]:
    """Generate molecules of the given numbers of atoms.

    Args:
        diffusion: Trained, in evaluation mode.
        counts: Atoms of each molecule [num_graphs].
        steps: Noise levels passed; the last one is the denoiser's own estimate.
        step: One of `SAMPLERS`, or your own.
        generator: Of all random numbers, on the device of ``counts``.
        guide: Moves the denoiser's estimates, see `guidance`.
        progress: Told the steps done and in all.

    Returns:
        Data with ``z`` [num_nodes] and ``pos`` [num_nodes, 3], on the CPU.

    Raises:
        ValueError: there is less than one step.
    """
    data = diffusion.start(counts, generator=generator)
    grid = time_grid(steps, device=counts.device)
    graphs = len(counts)

    def see(pos: Tensor, types: Tensor, time: Tensor) -> Pair:
        data.input_pos, data.input_types = pos, types
        data.time = time.expand(graphs)
        clean, kinds = diffusion.denoised(data)
        if guide is not None:
            alpha, sigma = diffusion.schedule(data.time)
            z = diffusion.decode(kinds)
            clean = guide(clean, z, data.batch, alpha=alpha, sigma=sigma)
        return clean, kinds

    def noise() -> Pair:
        types = torch.randn(data.input_types.shape, generator=generator, device=counts.device)
        return centred_noise(data.batch, graphs, generator=generator), types

    now: Pair = (data.input_pos, data.input_types)
    for i in range(steps - 1):
        levels = diffusion.schedule(grid[i]), diffusion.schedule(grid[i + 1])
        now = step(now, see, (grid[i], grid[i + 1]), levels, noise)
        if progress is not None:
            progress(i + 1, steps)
    pos, types = see(*now, grid[steps - 1])
    if progress is not None:
        progress(steps, steps)
    return _split(data, pos, diffusion.decode(types))


def _split(data: Batch, pos: Tensor, z: Tensor) -> list[Data]:
    sizes = data.ptr.diff().tolist()
    parts = zip(z.cpu().split(sizes), pos.cpu().split(sizes), strict=True)
    return [Data(z=numbers, pos=positions) for numbers, positions in parts]
