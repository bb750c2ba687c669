"""Exact ground states: agreement with known energies, times, and HiGHS on the plain program.

Run from the repository:  python benchmarks/spin_ground_states.py [--highs-seconds 60]

The plain integer program has a binary variable per spin and one per bond that tells whether its
spins differ; it is what one would hand to a solver without knowing about matchings.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.spins import generate_systems, ground_state, square_lattice

HERE = Path(__file__).parent
KNOWN = HERE.parent / "tests" / "spins" / "data" / "known_energies.npz"


def known_energies():
    with np.load(KNOWN, allow_pickle=False) as archive:
        data = dict(archive)
    worst, count = 0.0, 0
    for size in (10, 20):
        edges = torch.from_numpy(data[f"edges_{size}"].astype(np.int64)).T
        for coupling, energy in zip(data[f"coupling_{size}"], data[f"energy_{size}"], strict=True):
            found = ground_state(edges, torch.from_numpy(coupling), size * size)[1]
            worst, count = max(worst, abs(float(found - energy))), count + 1
    tori = {}
    for name in (5555, 6666, 7777):
        rows = torch.from_numpy(data[f"torus_{name}"].astype(np.int64))
        energy = ground_state(rows[:, :2].T - 1, -rows[:, 2], 100)[1]
        tori[f"t2g10_{name}"] = {
            "max_cut": (int(rows[:, 2].sum()) - energy) / 2,
            "known": int(data[f"max_cut_{name}"]),
        }
    return {"open_instances": count, "largest_difference": worst, "tori": tori}


def times(size, periodic, count):
    edges = square_lattice(size, periodic=periodic)
    seconds = []
    for seed in range(count + 1):
        generator = torch.Generator().manual_seed(seed)
        coupling = torch.rand(edges.size(1), generator=generator) * 2 - 1
        start = time.perf_counter()
        ground_state(edges, coupling, size * size)
        seconds.append(time.perf_counter() - start)
    # The first call also finds the faces of the lattice, which later calls reuse.
    return {
        "size": size,
        "periodic": periodic,
        "instances": count,
        "first_ms": 1e3 * seconds[0],
        "median_ms": 1e3 * statistics.median(seconds[1:]),
        "max_ms": 1e3 * max(seconds[1:]),
    }


def plain_program(bonds, values, num_nodes, limit):
    """HiGHS on ``min -sum J + 2 sum J x``, x = |s_i - s_j| on binary spins."""
    m, n = len(bonds), num_nodes
    edge = np.arange(m)
    rows, columns, data, low, high = [], [], [], [], []
    for sign_i, sign_j, bound in ((1, -1, 0), (-1, 1, 0), (-1, -1, 0), (1, 1, 2)):
        # The bond variable is at least the difference of its spins, and at most their sum and
        # two less their sum.
        upper = sign_i == sign_j
        start = len(low)
        rows += [start + edge, start + edge, start + edge]
        columns += [bonds[:, 0], bonds[:, 1], n + edge]
        sign_x = 1 if upper else -1
        data += [np.full(m, float(sign)) for sign in (sign_i, sign_j, sign_x)]
        low += [-np.inf] * m
        high += [float(bound)] * m
    matrix = sparse.csr_matrix(
        (np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))), (4 * m, n + m)
    )
    cost = np.concatenate([np.zeros(n), 2 * values])
    upper = np.ones(n + m)
    upper[0] = 0  # the global flip is fixed, in the program's favour
    start = time.perf_counter()
    solved = milp(
        cost,
        constraints=LinearConstraint(matrix, low, high),
        integrality=np.ones(n + m),
        bounds=Bounds(0, upper),
        options={"time_limit": limit, "mip_rel_gap": 0},
    )
    seconds = time.perf_counter() - start
    energy = None if solved.x is None else float(solved.fun - values.sum())
    return seconds, energy, solved.status == 0


def against_highs(size, count, limit):
    edges = square_lattice(size)
    bonds, found = edges.T.numpy(), []
    ground_state(edges, torch.ones(edges.size(1)), size * size)
    for seed in range(count):
        generator = torch.Generator().manual_seed(seed)
        coupling = torch.rand(edges.size(1), generator=generator) * 2 - 1
        repeats = []
        for _ in range(5):
            start = time.perf_counter()
            energy = ground_state(edges, coupling, size * size)[1]
            repeats.append(time.perf_counter() - start)
        matching = statistics.median(repeats)
        highs, value, proven = plain_program(bonds, coupling.double().numpy(), size * size, limit)
        found.append(
            {
                "seed": seed,
                "matching_ms": 1e3 * matching,
                "highs_s": highs,
                "highs_proved_optimum": proven,
                "ratio_at_least": highs / matching,
                "energy": energy,
                "highs_energy": value,
            }
        )
        print(
            f"  {size}x{size} seed {seed}: matching {1e3 * matching:.2f} ms, HiGHS {highs:.1f} s"
            f"{'' if proven else ' (not finished)'}, ratio {highs / matching:.0f}"
        )
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--highs-seconds", type=float, default=60.0, help="limit per instance")
    parser.add_argument("--highs-instances", type=int, default=3)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "spin_ground_states.json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    result = {"environment": environment(), "known": known_energies()}
    print(result["known"])
    result["times"] = [
        times(size, periodic, count)
        for size, periodic, count in (
            (10, False, 50), (16, False, 50), (40, False, 20),
            (10, True, 30), (16, True, 30), (32, True, 5),
        )
    ]  # fmt: skip
    for row in result["times"]:
        print(row)
    start = time.perf_counter()
    generate_systems(20_000, 10, workers=None)
    result["generate_20000_of_10x10_s"] = time.perf_counter() - start
    print("20 000 systems of 10x10:", result["generate_20000_of_10x10_s"], "s")
    result["highs"] = {
        str(size): against_highs(size, options.highs_instances, options.highs_seconds)
        for size in (8, 16)
    }
    write_json(options.out, result)


if __name__ == "__main__":
    main()
