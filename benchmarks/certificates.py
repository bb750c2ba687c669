"""What `rigidity.certify` says of every sampler's edges, from 30 to 1 000 atoms.

    OMP_NUM_THREADS=1 python benchmarks/certificates.py            (about three minutes)

Two placements: a helix, a chain in which errors pile up, and a cloud at the density of molecules.
Beside them 50 placements that are not rigid: an atom that is joined to a flat plate alone, which it
may stand on either side of; none may be certified.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss import samplers
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.rigidity import certify

RESULT = Path(__file__).parent / "results" / "certificates.json"
SIZES = (30, 100, 200, 400, 1000)
SAMPLERS = {
    "backbone": lambda: samplers.Backbone(complete_below=0),
    "lateration": samplers.LaterationEdges,
    "bonds": samplers.BondEdges,
    "complete": samplers.Complete,
    "k_regular": samplers.KRegular,
    "erdos_renyi": samplers.ErdosRenyi,
    "knn": samplers.NearestNeighbours,
}


def helix(count: int) -> NDArray[np.float64]:
    turn = 1.745 * np.arange(count)
    return np.stack([2.3 * np.cos(turn), 2.3 * np.sin(turn), 1.5 * np.arange(count)], axis=1)


def cloud(count: int) -> NDArray[np.float64]:
    return np.random.default_rng(count).random((count, 3)) * (10 * count) ** (1 / 3)


def glued(seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """A rigid structure, a plate fixed to it, and an atom that is joined to the plate alone."""
    rng = np.random.default_rng(seed)
    base = cloud(int(rng.integers(5, 60)))
    pairs = samplers.Backbone(complete_below=int(rng.integers(0, 60))).sample(base, rng).pairs
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    plate = base[0] + 2.0 * rng.normal(size=(int(rng.integers(3, 9)), 2)) @ axes[:2]
    atom = plate.mean(axis=0) + rng.uniform(0.05, 2.0) * axes[2]
    pos = np.concatenate([base, plate, atom[None]])
    corners = np.arange(len(base), len(pos) - 1)
    held = [(c, a) for c in corners for a in np.argsort(((base - pos[c]) ** 2).sum(1))[:8]]
    loose = [(len(pos) - 1, c) for c in corners]
    return np.concatenate([pairs, np.array(held + loose).T], axis=1), pos


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    wrong = sum(certify(*glued(seed)).universally_rigid for seed in range(50))
    print(f"{wrong} of 50 placements that are not rigid were certified")
    for count in options.sizes:
        chain = np.stack([np.arange(count - 1), np.arange(1, count)])
        for shape, place in (("helix", helix), ("cloud", cloud)):
            pos = place(count)
            for name, make in SAMPLERS.items():
                rng = np.random.default_rng(count)
                pairs = make().sample(pos, rng, bonds=chain).pairs
                started = time.process_time()
                report = certify(pairs, pos)
                row = {
                    "sampler": name,
                    "atoms": count,
                    "placement": shape,
                    "pairs": report.num_pairs,
                    "generically rigid": report.rigid,
                    "generically globally rigid": report.globally_rigid,
                    "certified": report.universally_rigid,
                    "rebuild error": float(report.rebuild_error)
                    if np.isfinite(report.rebuild_error)
                    else None,
                    "CPU seconds": round(time.process_time() - started, 2),
                }
                rows.append(row)
                print(*row.values(), flush=True)
    write_json(
        options.out,
        {
            "what": "certificates of every sampler's edges, seed = number of atoms",
            "certified though not rigid": wrong,
            "rows": rows,
            "environment": environment(),
        },
    )


if __name__ == "__main__":
    main()
