"""What is wrong with generated molecules, and at which noise the denoiser that made them fails.

Of generated molecules: which atoms are not stable, and how many have the formula of a training
molecule. Of a training of ``generate_stable.py``: the error of the estimated positions at several
noise levels, in units of the noise, beside the least that is possible at small noise, where the
molecule is known and only its place and orientation are not. Writes
``benchmarks/results/generate_faults.json``.

    python benchmarks/generate_faults.py --work /tmp/stable --loss mse          (half a minute)
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import ase.io
import torch
from generate_stable import spec
from torch_geometric.data import Data

from pyg_energyloss.data.bond_tables import VALENCES, bond_orders
from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.data.loader import assemble
from pyg_energyloss.experiments.data import load_splits
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.generation.generator import WEIGHTS, make_diffusion
from pyg_energyloss.files import write_json
from pyg_energyloss.generative import MoleculeDiffusion

HERE = Path(__file__).parent / "results"
TIMES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
#: Noised copies of each molecule.
COPIES = 8


def faults(made: list[Data], real: list[Data]) -> dict[str, Any]:
    """Count atoms by element and by what is wrong with their bonds; formulas that are known."""
    kinds: Counter[str] = Counter()
    for molecule in made:
        z, pos = molecule.z.numpy(), molecule.pos.double().numpy()
        for number, order in zip(z, bond_orders(z, pos).sum(1), strict=True):
            wanted = VALENCES[SYMBOLS[int(number)]]
            wrong = "too few" if order < max(wanted) else "too many"
            kinds[f"{SYMBOLS[int(number)]} {'stable' if int(order) in wanted else wrong}"] += 1
    known = {formula(molecule) for molecule in real}
    share = sum(formula(molecule) in known for molecule in made) / len(made)
    return {"atoms": dict(sorted(kinds.items())), "formula_known": share, "molecules": len(made)}


def formula(molecule: Data) -> tuple[int, ...]:
    """The sorted atomic numbers."""
    return tuple(sorted(molecule.z.tolist()))


def errors(diffusion: MoleculeDiffusion, train: Any) -> list[dict[str, float]]:
    """Errors of positions in units of the noise, and share of wrong types, by noise level."""
    generator, rows = torch.Generator().manual_seed(0), []
    for time in TIMES:
        batch = assemble(train, torch.arange(len(train)).repeat(COPIES))
        moment = torch.full((batch.num_graphs,), time)
        batch = diffusion.noised(batch, moment, generator=generator)
        with torch.no_grad():
            pos, types = diffusion.denoised(batch)
        alpha, sigma = (float(level) for level in diffusion.schedule(torch.tensor(time)))
        off = (pos - batch.pos).square().mean().sqrt()
        wrong = (diffusion.decode(types) != batch.z).float().mean()
        noise = sigma / alpha
        rows.append({"noise": noise, "error": float(off) / noise, "types_wrong": float(wrong)})
    return rows


def least(train: Any) -> float:
    """Error in units of the noise where all but the place and the orientation is known.

    Of the 3 n coordinates the centre is kept out of the noise, and a rotation stays unknown: three
    of 3 n directions.
    """
    atoms = torch.diff(train.slices["pos"]).double()
    return float(((3.0 * torch.ones_like(atoms)).sum() / (3 * atoms).sum()).sqrt())


def trained(work: Path, loss: str) -> tuple[MoleculeDiffusion, Any, int]:
    """The averaged weights of the last checkpoint, the training molecules, and the steps."""
    run = spec(loss, 0)
    train = load_splits(run.dataset, run.dataset_options)["train"]
    diffusion = make_diffusion(run, sorted(set(train.table.z.tolist())))
    kept = torch.load(work / run.key / "last.ckpt", weights_only=True)
    prefix = WEIGHTS["averaged"]
    weights = {
        name.removeprefix(prefix): value
        for name, value in kept["state_dict"].items()
        if name.startswith(prefix)
    }
    diffusion.denoiser.load_state_dict(weights)
    return diffusion.eval(), train, kept["global_step"]


def main() -> None:
    """Count, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="that of generate_stable.py")
    parser.add_argument("--loss", default="mse")
    options = parser.parse_args()
    torch.set_num_threads(1)
    four = load_splits("qm7", {"max_heavy_atoms": 4})["train"]
    made = [
        Data(z=torch.from_numpy(atoms.numbers).long(), pos=torch.from_numpy(atoms.positions))
        for atoms in ase.io.read(HERE / "generate_small.extxyz", ":")
    ]
    diffusion, train, steps = trained(options.work, options.loss)
    write_json(
        HERE / "generate_faults.json",
        {
            "what": "generate_small.extxyz (edm + mse), and the denoiser of generate_stable.py",
            "environment": environment(),
            "faults": faults(made, [four[i] for i in range(len(four))]),
            "denoiser": {"loss": options.loss, "seed": 0, "steps": steps},
            "least": least(train),
            "levels": errors(diffusion, train),
        },
    )


if __name__ == "__main__":
    main()
