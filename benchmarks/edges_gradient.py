"""One-draw gradient of sparse edges against the complete gradient, on drug-like molecules.

    python benchmarks/edges_gradient.py            (about a minute on one core)

Molecules above 30 atoms, positions noised by sigma; cosine with the complete gradient and relative
variance |g - g_complete|^2 / |g_complete|^2 of one draw, means over molecules. The complete-graph
shortcut of the backbone is off.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pyg_energyloss import data, samplers, stiffness
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.functional import pair_energy

RESULT = Path(__file__).parent / "results" / "edges_gradient.json"
LAWS: dict[str, Callable[[Tensor], Tensor]] = {
    "constant": stiffness.Constant(1.0),
    "exponential": stiffness.Exponential(1.0),
    "inverse": stiffness.Inverse(1.0),
}
SAMPLERS = {
    "k_regular, k 6": lambda: samplers.KRegular(k=6, pool=None, seed=0),
    "k_regular, k 12": lambda: samplers.KRegular(k=12, pool=None, seed=0),
    "erdos_renyi, 7": lambda: samplers.ErdosRenyi(seed=0),
    "knn, k 12": lambda: samplers.NearestNeighbours(k=12),
    "backbone (default)": lambda: samplers.Backbone(complete_below=0, seed=0),
    "backbone, importance constant": lambda: samplers.Backbone(
        complete_below=0, importance="constant", seed=0
    ),
    "backbone, 12 edges per atom": lambda: samplers.Backbone(
        complete_below=0, edges_per_atom=12, seed=0
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sigma", type=float, default=0.5, help="noise, Å")
    parser.add_argument("--molecules", type=int, default=200)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    molecules = large_molecules(30, options.molecules)
    noise = torch.Generator().manual_seed(options.seed)
    made = {name: make() for name, make in SAMPLERS.items()}
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    edges_per_atom: dict[str, list[float]] = {name: [] for name in made}
    complete = samplers.Complete()
    for pos in molecules:
        noised = pos + options.sigma * torch.randn(pos.shape, generator=noise, dtype=pos.dtype)
        whole = {name: gradient(noised, pos, law, complete) for name, law in LAWS.items()}
        for name, sampler in made.items():
            for _ in range(options.draws):
                edges, weight = sampler.sample_batch(pos)
                edges_per_atom[name].append(edges.shape[1] / 2 / len(pos))
                for law, exact in whole.items():
                    one = energy_gradient(noised, pos, LAWS[law], edges, weight)
                    cosine = (one * exact).sum() / (one.norm() * exact.norm())
                    variance = ((one - exact) ** 2).sum() / (exact**2).sum()
                    found.setdefault((name, law), []).append((float(cosine), float(variance)))
    rows = []
    for name in made:
        row: dict[str, object] = {
            "sampler": name,
            "edges_per_atom": float(np.mean(edges_per_atom[name])),
        }
        for law in LAWS:
            cosine, variance = np.mean(found[name, law], axis=0)
            row[law] = {"cosine": float(cosine), "relative_variance": float(variance)}
        rows.append(row)
        cells = "  ".join(
            f"{law} {row[law]['cosine']:.3f} / {row[law]['relative_variance']:.3f}" for law in LAWS
        )
        print(f"{name:30s} {row['edges_per_atom']:5.2f} edges/atom  {cells}")
    write_json(
        options.out,
        {
            "what": "one-draw gradient against the complete one: cosine and relative variance",
            "sigma": options.sigma,
            "molecules": len(molecules),
            "draws": options.draws,
            "seed": options.seed,
            "rows": rows,
            "environment": environment(),
        },
    )


def large_molecules(atoms: int, count: int) -> list[Tensor]:
    """First conformers of drug-like molecules above a size, in double precision."""
    splits = data.druglike()
    chosen = []
    for split in splits.values():
        chosen += [item.pos.double() for item in split if item.num_nodes > atoms]
    order = np.random.default_rng(0).permutation(len(chosen))[:count]
    return [chosen[i] for i in order]


def gradient(
    noised: Tensor, pos: Tensor, law: Callable[[Tensor], Tensor], sampler: samplers.EdgeSampler
) -> Tensor:
    """Gradient of the energy over the edges that a sampler gives."""
    return energy_gradient(noised, pos, law, *sampler.sample_batch(pos))


def energy_gradient(
    noised: Tensor,
    pos: Tensor,
    law: Callable[[Tensor], Tensor],
    edges: Tensor,
    weight: Tensor,
) -> Tensor:
    """Gradient of the pair energy with respect to the noised positions."""
    noised = noised.detach().requires_grad_()
    energy = pair_energy(noised, pos, edges, stiffness=law, edge_weight=weight)
    return torch.autograd.grad(energy.sum(), noised)[0]


if __name__ == "__main__":
    main()
