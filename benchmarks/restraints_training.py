"""Right centres in the geometry task with stereo features: pair energy alone, and with restraints.

    python benchmarks/restraints_training.py --seeds 0,1,2          (five minutes of one core)

A plain GNN predicts the structure of a molecule of qm9_small that has a stereo centre (997 and
their mirror images to train) from its graph, whose stereo tags it reads. The weight of the terms of
chirality and double bonds falls along the training. Centres are counted as predicted, and after
`choose_hand`. Runs that are in the result already are not repeated.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import replace
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
from pyg_energyloss.losses import PairEnergyLoss, RestraintLoss
from pyg_energyloss.metrics import GeometryEvaluator
from pyg_energyloss.models import PlainGNN
from pyg_energyloss.potentials import Huber
from pyg_energyloss.restraints import Restraints, choose_hand, term_values
from pyg_energyloss.restraints.violated import hand_is_right
from pyg_energyloss.symmetry.stereo_tags import CIS
from pyg_energyloss.transforms import RestraintTransform

RESULT = Path(__file__).parent / "results" / "restraints_training.json"
KINDS = ("chirality", "double_bond")
#: Half the width of the bottoms while training, in Å³ and rad.
SLACK = {"chirality": 1.0, "double_bond": 0.3}
#: First and last weight of the restraints; the first makes them outweigh the energy.
WEIGHTS = {"energy": (0.0, 0.0), "energy + restraints": (4.0, 0.4)}
Sets = dict[str, MoleculeDataset]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=lambda text: [int(s) for s in text.split(",")], default=[0])
    parser.add_argument(
        "--losses", type=lambda text: text.split(","), default=list(WEIGHTS), help="some only"
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
    """Molecules that have a stereo centre, with their terms; those to train on mirrored as well."""
    sets: Sets = registry.create("dataset", "qm9_small", stereo=True)
    found = {}
    for name, dataset in sets.items():
        items = [item for item in dataset if ((item.stereo > 0) & (item.stereo < CIS)).any()]
        if name == "train":
            flipped = replace(dataset.table, pos=-dataset.table.pos)
            rows = torch.cat([item.mol_id for item in items]).numpy()
            items += list(MoleculeDataset(flipped, rows, stereo=True))
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
    # Far from any structure a volume is a large number: its pull is bounded.
    terms = RestraintLoss(potential={"chirality": Huber(5.0)})
    first, last = setting["weights"]
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=setting["learning_rate"], weight_decay=1e-5
    )
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
            print(step + 1, value.item(), judged(model, sets["val"]), flush=True)
    spent = time.process_time() - started
    return {name: judged(model, sets[name]) for name in sets} | {"cpu_seconds": spent}


def chosen(pos: Tensor, batch: Batch) -> Tensor:
    """The structures or their mirror images."""
    terms = Restraints.stored_in(batch)
    return choose_hand(pos, terms, batch=batch.batch, num_graphs=batch.num_graphs)


@torch.no_grad()
def judged(model: PlainGNN, molecules: MoleculeDataset) -> dict[str, float]:
    """Shares and errors, over at most 400 molecules."""
    batch = assemble(molecules, torch.arange(min(400, len(molecules))))
    batch = Geometry().prepare(batch, torch.Generator().manual_seed(0))
    raw = model(batch)
    pos, terms = chosen(raw, batch), Restraints.stored_in(batch)
    lengths = GeometryEvaluator()(pos, batch)
    centres = terms.select(["chirality"])
    return {
        "right_centres": share(raw, centres),
        "right_after_choice": share(pos, centres),
        "right_double_bonds": share_cis_trans(pos, terms.select(["double_bond"])),
        "centres": len(centres),
        **{name: float(value.nanmean()) for name, value in lengths.items()},
    }


def share(pos: Tensor, terms: Restraints) -> float:
    return float(hand_is_right(term_values(pos, terms), terms).float().mean())


def share_cis_trans(pos: Tensor, terms: Restraints) -> float:
    off = term_values(pos, terms) - terms.bounds.mean(dim=1)
    return float((off.cos() > 0).float().mean())


if __name__ == "__main__":
    main()
