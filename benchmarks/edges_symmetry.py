"""Pairs per atom before and after closing draws under the automorphisms of the molecule.

    python benchmarks/edges_symmetry.py            (seconds; needs igraph)

One conformer of every tenth drug-like molecule of the test split.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pyg_energyloss import data
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.transforms import RigidEdgeTransform

RESULT = Path(__file__).parent / "results" / "edges_symmetry.json"
CASES = {
    "backbone": {"sampler": "backbone", "complete_below": 0},
    "k_regular 6": {"sampler": "k_regular", "k": 6},
    "knn 4": {"sampler": "knn", "k": 4},
    "bonds, 1-3, 1-4 pairs": {"sampler": "bonds", "complete_rigidity": False},
}


def main() -> None:
    molecules = list(data.druglike()["test"])[::10]
    rows = []
    for name, options in CASES.items():
        plain = RigidEdgeTransform(seed=0, **options)
        closed = RigidEdgeTransform(seed=0, symmetrize=True, **options)
        counts = [
            [t(m).energy_edge_index.shape[1] / 2 / m.num_nodes for t in (plain, closed)]
            for m in molecules
        ]
        before, after = np.mean(counts, axis=0)
        rows.append({"edges": name, "per_atom": float(before), "closed": float(after)})
        print(f"{name:24s} {before:.2f} -> {after:.2f} pairs per atom")
    write_json(
        RESULT,
        {
            "what": "pairs per atom, as drawn and closed under the automorphism group",
            "molecules": len(molecules),
            "seed": 0,
            "rows": rows,
            "environment": environment(),
        },
    )


if __name__ == "__main__":
    main()
