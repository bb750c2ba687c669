"""Right centres in the geometry task with stereo features: pair energy alone, and with restraints.

    python benchmarks/restraints_training.py --seeds 0,1,2          (about an hour on one core)

A plain GNN predicts the structure of a molecule of qm9_small that has a stereo centre (920 to
train, 107 to test) from its graph, whose stereo tags it reads. Runs that are in the result already
are not repeated.
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
from pyg_energyloss.restraints import Kind, Restraints, term_values
from pyg_energyloss.restraints.violated import hand_is_right
from pyg_energyloss.transforms import RestraintTransform

RESULT = Path(__file__).parent / "results" / "restraints_training.json"
KINDS = ("chirality", "double_bond")
WEIGHTS = {"energy": 0.0, "energy + restraints": 4.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=lambda text: [int(s) for s in text.split(",")], default=[0])
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--channels", type=int, default=96)
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--learning-rate", type=float, default=5e-3)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    splits = registry.create("dataset", "qm9_small", stereo=True)
    train, test = with_terms(splits["train"]), with_terms(splits["test"])
    rows = json.loads(options.out.read_text())["rows"] if options.out.exists() else []
    for seed in options.seeds:
        for loss in WEIGHTS:
            setting = {
                "loss": loss,
                "seed": seed,
                "steps": options.steps,
                "channels": options.channels,
                "layers": options.layers,
                "learning_rate": options.learning_rate,
            }
            if any(setting.items() <= row.items() for row in rows):
                continue
            rows.append(setting | run(train, test, setting))
            print(rows[-1], flush=True)
            write_json(options.out, {"environment": environment(), "rows": rows})


def with_terms(dataset: MoleculeDataset) -> MoleculeDataset:
    """The molecules that have a stereo centre, with the terms of each in the storage."""
    transform = RestraintTransform(kinds=KINDS)
    items = [transform(item) for item in dataset]
    chosen = [item for item in items if (item.restraint_kind == Kind.CHIRALITY).any()]
    dataset.data, dataset.slices = dataset.collate(chosen)
    return dataset


def run(train: MoleculeDataset, test: MoleculeDataset, setting: dict[str, Any]) -> dict[str, Any]:
    started = time.process_time()
    seed, steps = setting["seed"], setting["steps"]
    torch.manual_seed(seed)
    model = PlainGNN(channels=setting["channels"], layers=setting["layers"], stereo=True)
    loss = PairEnergyLoss("exponential", edges="complete")
    # Far from any structure a volume is a large number: its pull is bounded.
    terms = RestraintLoss(potential={"chirality": Huber(5.0)})
    weight = WEIGHTS[setting["loss"]]
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
    batches = FlatLoader(train, batch_size=32, shuffle=True, seed=seed, drop_last=True).stream()
    for step in range(steps):
        batch = task.prepare(next(batches), random)
        pos = model(batch)
        value = loss(pos, batch)
        if weight:
            value = value + weight * terms(pos, batch)
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % max(1, steps // 10) == 0:
            print(step + 1, float(value), judged(model, test), flush=True)
    return judged(model, test) | {"cpu_seconds": time.process_time() - started}


@torch.no_grad()
def judged(model: PlainGNN, test: MoleculeDataset) -> dict[str, float]:
    batch = assemble(test, torch.arange(len(test)))
    batch = Geometry().prepare(batch, torch.Generator().manual_seed(0))
    pos = model(batch)
    terms = Restraints.stored_in(batch)
    lengths = GeometryEvaluator()(pos, batch)
    return {
        "right_centres": share(pos, terms.select(["chirality"])),
        "right_double_bonds": share_cis_trans(pos, terms.select(["double_bond"])),
        "centres": len(terms.select(["chirality"])),
        **{name: float(value.nanmean()) for name, value in lengths.items()},
    }


def share(pos: Tensor, terms: Restraints) -> float:
    return float(hand_is_right(term_values(pos, terms), terms).float().mean())


def share_cis_trans(pos: Tensor, terms: Restraints) -> float:
    off = term_values(pos, terms) - terms.bounds.mean(dim=1)
    return float((off.cos() > 0).float().mean())


if __name__ == "__main__":
    main()
