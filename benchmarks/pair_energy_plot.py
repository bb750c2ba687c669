"""Draw the scaling plot from benchmarks/results/pair_energy.json.

python benchmarks/pair_energy_plot.py
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HERE = Path(__file__).parent
LABELS = {
    "dense": ("complete, plain dense torch", "#b8b8b8", "o"),
    "complete": ("complete, ours", "#1b6ca8", "o"),
    "gather": ("6-regular at random, gather + autograd", "#d9b38c", "s"),
    "sparse": ("6-regular at random, ours", "#c1440e", "s"),
    "sparse_local": ("6 neighbours in space, ours", "#2e7d32", "^"),
}


def main() -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HERE / "results" / "pair_energy.json")
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "pair_energy.png")
    options = parser.parse_args()
    scaling = json.loads(options.data.read_text())["scaling"]
    figure, axes = plt.subplots(figsize=(6.4, 4.2), constrained_layout=True)
    for name, (label, colour, marker) in LABELS.items():
        row = {int(n): ms for n, ms in scaling[name].items()}
        axes.loglog(list(row), list(row.values()), marker=marker, color=colour, label=label)
    axes.set_xlabel("atoms")
    axes.set_ylabel("forward + gradient, ms (one CPU thread)")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(options.out, dpi=110)
    print(options.out)


if __name__ == "__main__":
    main()
