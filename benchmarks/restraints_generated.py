r"""Do guidance and relaxation mend generated molecules: PoseBusters, validity and uniqueness.

    python benchmarks/generate_small.py --work /tmp/small --losses mse --seeds 0,
    python benchmarks/restraints_generated.py /tmp/small/runs/KEY          (some minutes of a core)
    python benchmarks/restraints_generated.py --molecules 500 \
        --samples benchmarks/results/generate_small.extxyz             (half a minute, no guidance)

The folder is that of a trained generator. The same seeds are sampled plainly and with `guidance`
by the terms that RDKit's perception gives at low noise; both sets are judged, and again after
`relax`. With ``--noise`` instead of a folder, held-out molecules of qm9_small are displaced by
Gaussian noise and relaxed.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import registry
from pyg_energyloss.data import read_data
from pyg_energyloss.data.write import write_extxyz
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.generative import guidance, perceived_terms, sample
from pyg_energyloss.metrics.generated import validity_rdkit
from pyg_energyloss.metrics.generated.posebusters import PoseBusted
from pyg_energyloss.restraints import relax

RESULT = Path(__file__).parent / "results" / "restraints_generated.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("generator", type=Path, nargs="?", help="folder of a trained generator")
    parser.add_argument("--noise", type=float, help="displace held-out molecules by so many Å")
    parser.add_argument("--samples", type=Path, help="file of molecules that were generated before")
    parser.add_argument("--molecules", type=int, default=100)
    parser.add_argument("--sample-steps", type=int, default=100)
    parser.add_argument("--start", type=float, default=0.3, help="σ/α below which to guide, in Å")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--structures", type=Path, help="folder to write the molecules to")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    if options.samples is not None:
        sets = {"plain": read_data(options.samples)[: options.molecules]}
    elif options.generator is None:
        sets = {f"held out, noise {options.noise} Å": noised(options.molecules, options.noise)}
    else:
        sets = generated(options)
    rows = []
    for what, molecules in sets.items():
        for relaxed in (False, True):
            made = mended(molecules) if relaxed else molecules
            if options.structures is not None:
                name = f"{what}{'_relaxed' if relaxed else ''}.extxyz"
                write_extxyz(options.structures / name, made)
            rows.append({"what": what, "relaxed": relaxed} | judged(made))
            print(rows[-1], flush=True)
    settings = {name: str(value) for name, value in vars(options).items()}
    for name in ("generator", "samples", "structures", "out"):
        settings.pop(name)
    write_json(options.out, {"environment": environment(), "settings": settings, "rows": rows})


def noised(count: int, sigma: float) -> dict[str, list[Data]]:
    random = torch.Generator().manual_seed(0)
    test = registry.create("dataset", "qm9_small")["test"]
    return [
        Data(z=item.z, pos=item.pos + sigma * torch.randn(item.pos.shape, generator=random))
        for item in (test[i * len(test) // count] for i in range(count))
    ]


def generated(options: argparse.Namespace) -> dict[str, list[Data]]:
    from pyg_energyloss.experiments.generation.generator import (
        describe_generator,
        load_generator,
    )

    diffusion = load_generator(options.generator)
    sizes = torch.tensor(describe_generator(options.generator)["counts"])
    guides = {"plain": None, "guided": guidance(perceived_terms, start=options.start)}
    made = {}
    for what, guide in guides.items():
        random = torch.Generator().manual_seed(options.seed)
        counts = sizes[torch.randint(len(sizes), (options.molecules,), generator=random)]
        started = time.process_time()
        made[what] = sample(
            diffusion, counts, steps=options.sample_steps, generator=random, guide=guide
        )
        print(what, f"{time.process_time() - started:.0f} s of CPU time", flush=True)
    return made


def mended(molecules: list[Data]) -> list[Data]:
    batch = Batch.from_data_list([Data(z=m.z, pos=m.pos) for m in molecules])
    terms = perceived_terms(batch.pos, batch.z, batch.batch)
    started = time.process_time()
    pos = relax(batch.pos, terms, batch=batch.batch, num_graphs=len(molecules), steps=500)
    spent = 1e3 * (time.process_time() - started) / len(molecules)
    print(f"relaxed in {spent:.1f} ms of CPU time a molecule", flush=True)
    parts = pos.split([len(m.z) for m in molecules])
    return [Data(z=m.z, pos=p) for m, p in zip(molecules, parts, strict=True)]


def judged(molecules: list[Data]) -> dict[str, float]:
    found = PoseBusted(max_molecules=len(molecules))(molecules)
    valid = validity_rdkit()(molecules, reference=[])
    valid.pop("rdkit_novel")
    return {"molecules": len(molecules)} | valid | found


if __name__ == "__main__":
    main()
