"""Time of the authors' public code, one line of JSON; run by springs.py --authors.

Run with a Python that has sympy and torchsde:
python benchmarks/springs_authors.py CHECKOUT [--sticks 20] [--points 20]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time


def median_seconds(call, repeats):
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def general_solver(samples=500, temperature=0.1):
    """Variances of 21 nodes by torchsde's solvers, relative to T K^-1, and time per step."""
    import numpy as np
    import torch
    import torchsde

    rng = np.random.default_rng(0)
    nodes = np.linspace(0, 1, 21)
    points = rng.random(300)
    basis = np.stack([np.interp(points, nodes, row) for row in np.eye(21)], axis=1)
    stiffness = torch.from_numpy(basis.T @ basis)
    mass = torch.zeros(21, 21, dtype=torch.float64)
    for i in range(20):
        mass[i : i + 2, i : i + 2] += torch.tensor([[2.0, 1.0], [1.0, 2.0]]) / 6
    inverse = torch.linalg.inv(mass)
    slope, factor = inverse @ stiffness, torch.linalg.cholesky(inverse)
    frequencies = torch.linalg.eigvals(slope).real.sqrt().sort().values
    friction = float(frequencies.median())

    class Motion(torch.nn.Module):
        noise_type, sde_type = "additive", "ito"

        def f(self, t, z):  # noqa: ARG002 - torchsde's signature
            x, v = z[:, :21], z[:, 21:]
            return torch.cat([v, -x @ slope.T - friction * v], dim=1)

        def g(self, t, z):  # noqa: ARG002 - torchsde's signature
            rows = (2 * friction * temperature) ** 0.5 * factor
            return torch.cat([torch.zeros_like(rows), rows]).expand(len(z), 42, 21)

    expected = temperature * torch.linalg.inv(stiffness).diagonal()
    found = {}
    for method in ("euler", "srk"):
        for relative in (0.2, 1.0):
            step = relative / float(frequencies[-1])
            count = round(12 / float(frequencies[0]) / step)
            times = torch.tensor([0.0, count * step], dtype=torch.float64)
            start = torch.zeros(samples, 42, dtype=torch.float64)
            torch.manual_seed(0)
            begin = time.perf_counter()
            with torch.no_grad():
                end = torchsde.sdeint(Motion(), start, times, method=method, dt=step)[-1, :, :21]
            seconds = time.perf_counter() - begin
            worst = float((end.square().mean(dim=0) / expected - 1).abs().max())
            found[f"{method}, step x frequency {relative}"] = {
                "largest_error": worst if worst < 1e3 else None,
                "step_us": 1e6 * seconds / count,
            }
    return {"samples": samples, "error_of_a_variance": (2 / samples) ** 0.5, "methods": found}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", help="folder of bestquark/springs-and-sticks")
    parser.add_argument("--sticks", type=int, default=20)
    parser.add_argument("--points", type=int, default=20)
    options = parser.parse_args()
    sys.path.insert(0, options.checkout)
    import sympy
    import torch
    import torchsde
    from src.model import GS3DE

    torch.set_num_threads(1)
    torch.manual_seed(0)
    u = torch.linspace(0, 1, options.points)[:, None]
    y = torch.sin(2 * torch.pi * u)
    start = time.perf_counter()
    sde = GS3DE(options.sticks, (u.min(0).values, u.max(0).values), 1, friction=4, temp=0.1, kb=1)
    built = time.perf_counter() - start
    print(f"built in {built:.1f} s", file=sys.stderr, flush=True)
    attach = median_seconds(lambda: sde.update_data(u, y), 3)
    print(f"data attached in {attach:.1f} s", file=sys.stderr, flush=True)
    times = torch.linspace(0, 0.1, 101)
    found = {}
    for batch in (1, 100):
        theta = torch.rand(batch, int(sde.state_size))
        with torch.no_grad():
            whole = median_seconds(
                lambda theta=theta: torchsde.sdeint(sde, theta, times, method="euler"), 3
            )
            force = median_seconds(lambda theta=theta: sde.f(0.0, theta), 20)
        found[str(batch)] = {"step_us": 1e4 * whole, "drift_us": 1e6 * force}
    print(
        json.dumps(
            {
                "sticks": options.sticks,
                "points": options.points,
                "build_s": built,
                "attach_data_s": attach,
                "step": found,
                "torchsde_on_our_equations": general_solver(),
                "versions": {
                    "sympy": sympy.__version__,
                    "torchsde": torchsde.__version__,
                    "torch": torch.__version__,
                },
            }
        )
    )


if __name__ == "__main__":
    main()
