"""Figure 5 of the paper: the share of random k-regular graphs that are globally rigid.

    python benchmarks/rigidity_figure5.py            (about ten minutes on one core)

For each dimension d, degree k and size n, random regular graphs are drawn and tested for generic
global rigidity. The rows k = 2d are the paper's sparse edges; "rigid" is the weaker property.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.rigidity import is_globally_rigid, is_rigid
from pyg_energyloss.samplers import random_regular

RESULT = Path(__file__).parent / "results" / "rigidity_figure5.json"
SIZES = (6, 8, 10, 12, 16, 20, 30, 40, 50)
DEGREES = {2: (3, 4, 5, 6), 3: (4, 5, 6, 7, 8)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, default=1000, help="graphs per point")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    rows = []
    for dim, degrees in DEGREES.items():
        for degree in degrees:
            for size in SIZES:
                if degree >= size or size * degree % 2:
                    continue
                rng = np.random.default_rng([options.seed, dim, degree, size])
                graphs = [random_regular(size, degree, rng) for _ in range(options.graphs)]
                rigid = np.mean([is_rigid(g, size, dim) for g in graphs])
                fixed = np.mean([is_globally_rigid(g, size, dim) for g in graphs])
                rows.append(
                    {
                        "dim": dim,
                        "k": degree,
                        "n": size,
                        "rigid": float(rigid),
                        "globally_rigid": float(fixed),
                    }
                )
                print(f"d {dim}  k {degree}  n {size:3d}  rigid {rigid:.3f}  global {fixed:.3f}")
    write_json(
        options.out,
        {
            "what": "share of random k-regular graphs that are generically (globally) rigid",
            "graphs_per_point": options.graphs,
            "seed": options.seed,
            "rows": rows,
            "environment": environment(),
        },
    )


if __name__ == "__main__":
    main()
