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
