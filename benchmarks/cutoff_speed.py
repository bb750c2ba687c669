"""Time of an energy with a cutoff as structures grow, at the density of a protein.

    python benchmarks/cutoff_speed.py          (about half a minute on one idle core)

The harmonic energy with k = 1 and the smooth lDDT, both within 15 Å, forward and gradient, float32,
one thread, CPU time, the best of the repeats; ``us_per_atom`` would be the same in every row if the
time were exactly linear in the atoms, but for the surface: the atoms of a small structure have
fewer neighbours, so ``ns_per_pair`` is given as well.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import torch
from gpu_cases import protein
from pair_energy import measure
from torch import Tensor

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.functional import complete_pair_energy, smooth_lddt

RESULT = Path(__file__).parent / "results" / "cutoff_speed.json"
SIZES, CUTOFF, BUDGET = (10_000, 100_000, 300_000), 15.0, 1.0


def row(atoms: int) -> dict[str, float]:
    """Milliseconds of one size, and what that is per atom and per pair."""
    pred, target = protein(atoms)

    def harmonic(pos: Tensor) -> Tensor:
        return complete_pair_energy(pos, target, cutoff=CUTOFF)

    ways = {"harmonic": harmonic, "smooth_lddt": lambda pos: smooth_lddt(pos, target)}
    found: dict[str, float] = {"atoms": atoms, "pairs": pairs_within(target)}
    for name, energy in ways.items():
        ms = measure(energy, pred, BUDGET)
        found[f"{name}_ms"] = round(ms, 1)
        found[f"{name}_us_per_atom"] = round(1e3 * ms / atoms, 2)
        found[f"{name}_ns_per_pair"] = round(1e6 * ms / found["pairs"], 3)
    return found


def pairs_within(target: Tensor) -> int:
    """Pairs within the cutoff, each once."""
    from scipy.spatial import cKDTree

    tree = cKDTree(target.double().numpy())
    return int(tree.count_neighbors(tree, CUTOFF) - len(target)) // 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [row(atoms) for atoms in SIZES]
    load = [round(number, 1) for number in os.getloadavg()]
    result = {"environment": environment(), "seed": 0, "cutoff": CUTOFF, "load": load}
    for one in rows:
        print(one)
    write_json(options.out, {**result, "rows": rows})


if __name__ == "__main__":
    main()
