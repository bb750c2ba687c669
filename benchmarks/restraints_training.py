"""Right centres in the geometry task with stereo features: pair energy alone, and with restraints.

    python benchmarks/restraints_training.py --seeds 0,1,2         (six minutes of one core)

A plain GNN predicts the structure of a molecule of qm9_small that has a stereo centre (997 to
train) from its graph, whose stereo tags it reads. Beside the structures as predicted, they are
judged after `relax` with the terms that RDKit makes of the graph and the hands alone. Runs that are
in the result already are not repeated; --seeds 10 tried settings, on validation molecules.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch

from pyg_energyloss import registry
from pyg_energyloss.data.loader import FlatLoader, assemble
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.structures.tasks import Geometry
from pyg_energyloss.files import write_json
from pyg_energyloss.hosts.export.rdkit_molecules import rdkit_molecules
from pyg_energyloss.losses import PairEnergyLoss, RestraintLoss
from pyg_energyloss.metrics import GeometryEvaluator
from pyg_energyloss.models import PlainGNN
from pyg_energyloss.potentials import Huber
from pyg_energyloss.restraints import Restraints, from_rdkit, relax, term_values
from pyg_energyloss.restraints.violated import hand_is_right
from pyg_energyloss.symmetry.stereo_tags import CIS
from pyg_energyloss.transforms import RestraintTransform

RESULT = Path(__file__).parent / "results" / "restraints_training.json"
KINDS = ("chirality", "double_bond")
#: Half the width of the bottoms while training, in Å³ and rad: a right hand costs nothing.
SLACK = {"chirality": 4.0, "double_bond": 1.0}
#: First and last weight of the restraints beside the energy.
WEIGHTS = {"energy": (0.0, 0.0), "energy + restraints": (2.0, 0.2)}
#: The molecules to train on, which are more, are judged as predicted only.
RELAXED = 200
Sets = dict[str, MoleculeDataset]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=lambda text: [int(s) for s in text.split(",")], default=[0])
    parser.add_argument(
        "--losses", type=lambda text: text.split(","), default=list(WEIGHTS)[::-1], help="some only"
    )
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--learning-rate", type=float, default=5e-3)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    sets = chiral_molecules()
    rows = json.loads(options.out.read_text())["rows"] if options.out.exists() else []
    for seed in options.seeds:
        for loss in options.losses:
            setting = {
                "loss": loss,
                "weights": list(WEIGHTS[loss]),
                "slack": SLACK,
                "seed": seed,
                "steps": options.steps,
                "batch_size": options.batch_size,
                "channels": options.channels,
                "layers": options.layers,
                "learning_rate": options.learning_rate,
            }
            if any(setting.items() <= row.items() for row in rows):
                continue
            rows.append(setting | run(sets, setting))
            print(rows[-1], flush=True)
            write_json(options.out, {"environment": environment(), "rows": rows})


def chiral_molecules() -> Sets:
    """Molecules that have a stereo centre, with their terms.

    Mirror images to train on would be no news: the network answers them with the mirror image.
    """
    sets: Sets = registry.create("dataset", "qm9_small", stereo=True)
    found = {}
    for name, dataset in sets.items():
        items = [item for item in dataset if ((item.stereo > 0) & (item.stereo < CIS)).any()]
        transform = RestraintTransform(kinds=KINDS, slack=SLACK if name == "train" else 0.0)
        dataset.data, dataset.slices = dataset.collate([transform(item) for item in items])
        found[name] = dataset
    return found


def run(sets: Sets, setting: dict[str, Any]) -> dict[str, Any]:
    started = time.process_time()
    seed, steps = setting["seed"], setting["steps"]
    torch.manual_seed(seed)
    model = PlainGNN(channels=setting["channels"], layers=setting["layers"], stereo=True)
    loss = PairEnergyLoss("exponential", edges="complete")
    terms = RestraintLoss(potential={"chirality": Huber(5.0), "double_bond": Huber(0.5)})
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=setting["learning_rate"], weight_decay=1e-5, fused=True
    )
    first, last = setting["weights"]
    warm_up = steps // 10

    def factor(step: int) -> float:
        if step < warm_up:
            return (step + 1) / warm_up
        return 0.5 * (1 + math.cos(math.pi * (step - warm_up) / (steps - warm_up)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    task, random = Geometry(), torch.Generator().manual_seed(seed)
    batches = FlatLoader(
        sets["train"], batch_size=setting["batch_size"], shuffle=True, seed=seed, drop_last=True
    ).stream()
    for step in range(steps):
        batch = task.prepare(next(batches), random)
        pos = model(batch)
        value = loss(pos, batch)
        if first:
            value = value + (first + (last - first) * step / steps) * terms(pos, batch)
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % max(1, steps // 3) == 0:
            print(step + 1, value.item(), flush=True)
    spent = time.process_time() - started
    model.eval()
    return {name: judged(model, sets[name]) for name in sets} | {"cpu_seconds": spent}


@torch.no_grad()
def judged(model: PlainGNN, molecules: MoleculeDataset) -> dict[str, float]:
    """Shares and errors, over at most 400 molecules, as predicted and after `relax`."""
    batch = assemble(molecules, torch.arange(min(400, len(molecules))))
    batch = Geometry().prepare(batch, torch.Generator().manual_seed(0))
    pos = model(batch)
    found = shares(pos, batch)
    if len(molecules) <= RELAXED:
        relaxed = relax(pos, graph_terms(batch), batch=batch.batch, num_graphs=batch.num_graphs)
        found |= {f"relaxed_{name}": value for name, value in shares(relaxed, batch).items()}
    return found


def shares(pos: Tensor, batch: Batch) -> dict[str, float]:
    terms, lengths = Restraints.stored_in(batch), GeometryEvaluator()(pos, batch)
    centres = terms.select(["chirality"])
    return {
        "right_centres": share(pos, centres),
        "right_double_bonds": share_cis_trans(pos, terms.select(["double_bond"])),
        "centres": len(centres),
        **{name: float(value.nanmean()) for name, value in lengths.items()},
    }


def graph_terms(batch: Batch) -> Restraints:
    """What RDKit says of the graphs, their centres and double bonds, and not of true positions."""
    parts, offsets = [], []
    for item, offset in zip(batch.to_data_list(), batch.ptr.tolist(), strict=False):
        for mol in rdkit_molecules([item]):  # none, where RDKit finds a valence wrong
            parts.append(from_rdkit(mol))
            offsets.append(offset)
    return Restraints.cat(parts, offsets=offsets)


def share(pos: Tensor, terms: Restraints) -> float:
    return float(hand_is_right(term_values(pos, terms), terms).float().mean())


def share_cis_trans(pos: Tensor, terms: Restraints) -> float:
    off = term_values(pos, terms) - terms.bounds.mean(dim=1)
    return float((off.cos() > 0).float().mean())


if __name__ == "__main__":
    main()
