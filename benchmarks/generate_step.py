"""What a loss costs beside a training step of the paper's plain denoiser (9 layers of 256).

    python benchmarks/generate_step.py                     (two minutes on one core)

One thread, float32, batches of qm9_small; medians. A step is forward, loss, backward and AdamW; the
loss is its value and gradient alone. Writes ``benchmarks/results/generate_step.json``.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from pyg_energyloss import registry
from pyg_energyloss.data.loader import assemble
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.generative import MoleculeDiffusion, PolynomialSchedule, PredictNoise
from pyg_energyloss.losses import per_graph

LOSSES = ("mse", "kabsch", "energy", "energy_sparse", "energy_gated")
RESULT = Path(__file__).parent / "results" / "generate_step.json"


def timed(call: Callable[[], object], repeats: int) -> float:
    """Median of the milliseconds of a call, after two that do not count."""
    seconds = []
    for index in range(repeats + 2):
        started = time.perf_counter()
        call()
        if index > 1:
            seconds.append(time.perf_counter() - started)
    return 1e3 * statistics.median(seconds)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    train = registry.create("dataset", "qm9_small")["train"]
    denoiser = registry.create("model", "gdm", types=5, channels=256, layers=9)
    diffusion = MoleculeDiffusion(
        denoiser,
        elements=(1, 6, 7, 8, 9),
        schedule=PolynomialSchedule(),
        prediction=PredictNoise(),
    )
    optimizer = torch.optim.AdamW(denoiser.parameters(), lr=1e-4)
    batch = assemble(train, torch.arange(options.batch_size))
    generator = torch.Generator().manual_seed(0)
    time_of = torch.rand(options.batch_size, generator=generator)
    batch = diffusion.noised(batch, time_of, generator=generator)
    alpha, sigma = diffusion.schedule(time_of)
    batch.noise_ratio = sigma / alpha
    guess = (batch.pos + 0.1).requires_grad_()
    rows = {}
    for name in LOSSES:
        loss = per_graph(registry.create("loss", name))

        def step(loss: torch.nn.Module = loss) -> None:
            optimizer.zero_grad()
            positions, types = diffusion.losses(batch, loss)
            (positions.mean() + types.mean()).backward()
            optimizer.step()

        def alone(loss: torch.nn.Module = loss) -> None:
            torch.autograd.grad(loss(guess, batch).sum(), guess)

        whole, part = timed(step, options.repeats), timed(alone, 20 * options.repeats)
        rows[name] = {"step_ms": whole, "loss_ms": part, "share": part / whole}
        print(f"{name:14s} step {whole:8.1f} ms   loss {part:6.3f} ms   {100 * part / whole:.3f} %")
    write_json(
        RESULT,
        {
            "what": f"GDM 9 x 256, batch of {options.batch_size} molecules of qm9_small",
            "parameters": sum(p.numel() for p in denoiser.parameters()),
            "environment": environment(),
            "losses": rows,
        },
    )


if __name__ == "__main__":
    main()
