"""Time of every potential beside the harmonic one, with masks, and of samples of one target.

    python benchmarks/potentials_speed.py          (under a minute on one idle core)
    python benchmarks/potentials_speed.py --only samples_48_of_400_ms     (the rest is kept)

Forward and gradient, float32, one thread, CPU time, the best of the repeats of half a second; the
potentials take turns, so that the ratios mean more than the milliseconds. `masked` leaves out every
fifth atom by a weight of zero. The samples are 48 predictions of one structure of 400 atoms at the
density of a protein: all at once, as a flat batch, and one call for each.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import torch
from gpu_cases import WELLS, protein
from pair_energy import LAW, cloud, measure, regular_edges
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss import SmoothLDDTLoss
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.functional import complete_pair_energy, pair_energy, sample_energy, smooth_lddt
from pyg_energyloss.losses import per_graph

RESULT = Path(__file__).parent / "results" / "potentials_speed.json"
ATOMS, SPARSE, SAMPLES, EACH, BUDGET = 3000, 300_000, 48, 400, 0.5


def potentials() -> dict[str, dict[str, float]]:
    """Milliseconds by case and potential, and each over that of the harmonic one."""
    pred, target = cloud(ATOMS)
    weight = (torch.arange(ATOMS) % 5 != 0).float()
    far_pred, far = cloud(SPARSE)
    edges = regular_edges(SPARSE)
    cases = {
        "complete_3000": lambda p, well: complete_pair_energy(
            p, target, stiffness=LAW, potential=well
        ),
        "complete_3000_masked": lambda p, well: complete_pair_energy(
            p, target, stiffness=LAW, potential=well, node_weight=weight
        ),
        "complete_3000_cutoff_15": lambda p, well: complete_pair_energy(
            p, target, potential=well, cutoff=15.0
        ),
        "sparse_300000": lambda p, well: pair_energy(p, far, edges, stiffness=LAW, potential=well),
    }
    found = {}
    for case, energy in cases.items():
        start = far_pred if case.startswith("sparse") else pred
        times = {
            name: measure(lambda p, f=energy, w=well: f(p, w), start, BUDGET)
            for name, well in WELLS.items()
        }
        ratios = {f"{name}_over_harmonic": ms / times["harmonic"] for name, ms in times.items()}
        found[case] = {name: round(value, 3) for name, value in (times | ratios).items()}
    return found


def samples() -> dict[str, dict[str, float]]:
    """Milliseconds of 48 samples of one target, in three ways."""
    target = protein(EACH)[1]
    rng = torch.Generator().manual_seed(1)
    pred = target + torch.randn(SAMPLES, EACH, 3, generator=rng)
    batch = torch.arange(SAMPLES).repeat_interleave(EACH)
    flat = Data(pos=target.repeat(SAMPLES, 1), batch=batch)
    flat.num_graphs = SAMPLES
    loss = per_graph(SmoothLDDTLoss())

    def spread(p: Tensor) -> Tensor:
        return complete_pair_energy(
            p.flatten(0, 1), flat.pos, stiffness=LAW, batch=batch, num_graphs=SAMPLES
        )

    ways = {
        "smooth_lddt": {
            "together": lambda p: smooth_lddt(p, target),
            "as_a_batch": lambda p: loss(p.flatten(0, 1), flat),
            "one_by_one": lambda p: torch.stack([smooth_lddt(one, target) for one in p]),
        },
        "harmonic": {
            "together": lambda p: sample_energy(p, target, stiffness=LAW),
            "as_a_batch": spread,
            "one_by_one": lambda p: torch.stack(
                [complete_pair_energy(one, target, stiffness=LAW) for one in p]
            ),
        },
    }
    found = {}
    for name, energies in ways.items():
        times = {way: measure(energy, pred, BUDGET) for way, energy in energies.items()}
        gain = {"one_by_one_over_together": times["one_by_one"] / times["together"]}
        found[name] = {way: round(value, 2) for way, value in (times | gain).items()}
    return found


PARTS = {"potentials_ms": potentials, "samples_48_of_400_ms": samples}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    kept = json.loads(options.out.read_text()) if options.out.exists() else {}
    kept = {name: kept[name] for name in PARTS if name in kept}
    result: dict[str, object] = {**kept, "environment": environment(), "seed": 0}
    for name in options.only:
        load = [round(number, 1) for number in os.getloadavg()]
        result[name] = {**PARTS[name](), "load": load}
    print(result)
    write_json(options.out, result)


if __name__ == "__main__":
    main()
