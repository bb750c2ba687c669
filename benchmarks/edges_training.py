"""Training on drug-like molecules: complete against sparse edges at equal steps.

    python benchmarks/edges_training.py            (about twenty minutes on one core)

The plain GNN predicts the 3D structure from the molecular graph (task geometry). Only the edges of
the energy loss differ; exponential stiffness, same seeds, same steps, same learning rate. The
complete-graph shortcut of the backbone is off, so every molecule is sparse.
"""

from __future__ import annotations

import argparse
import logging
import time
import warnings
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import torch

from pyg_energyloss import PairEnergyLoss, data, registry, samplers
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.structures.evaluation import evaluate
from pyg_energyloss.experiments.structures.spec import StructureSpec
from pyg_energyloss.experiments.structures.tasks import Geometry
from pyg_energyloss.experiments.structures.training import StructureTraining
from pyg_energyloss.files import write_json

RESULT = Path(__file__).parent / "results" / "edges_training.json"
EDGES = {
    "complete": lambda _: "complete",
    "backbone": lambda seed: samplers.Backbone(complete_below=0, seed=seed),
    "k_regular 6": lambda seed: samplers.KRegular(k=6, seed=seed),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--eval-graphs", type=int, default=100)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning.*")
    splits = data.druglike()
    runs: list[dict[str, object]] = []
    for seed in options.seeds:
        for name, edges in EDGES.items():
            spec = StructureSpec(
                dataset="druglike",
                model="gnn",
                loss=name,
                seed=seed,
                steps=options.steps,
                batch_size=options.batch_size,
                learning_rate=options.rate,
                eval_graphs=options.eval_graphs,
                evaluators={"geometry": {}, "rmsd": {}},
            )
            metrics, seconds = train(spec, PairEnergyLoss(edges=edges(seed)), splits)
            runs.append({"edges": name, "seed": seed, "seconds": seconds, "metrics": metrics})
            print(name, seed, f"{seconds:.0f} s", metrics, flush=True)
            write_json(
                options.out,
                {
                    "what": "plain GNN on drug-like molecules, complete against sparse edges",
                    "steps": options.steps,
                    "batch_size": options.batch_size,
                    "learning_rate": options.rate,
                    "summary": summary(runs),
                    "runs": runs,
                    "environment": environment(),
                },
            )
    for row in summary(runs):
        print(row)


def train(
    spec: StructureSpec, loss: PairEnergyLoss, splits: dict[str, data.MoleculeDataset]
) -> tuple[dict[str, object], float]:
    """Train and evaluate one model; metrics of the test molecules and seconds."""
    pl.seed_everything(spec.seed, verbose=False)
    task = Geometry()
    module = StructureTraining(spec, registry.create("model", spec.model), loss, task, splits)
    started = time.perf_counter()
    trainer = pl.Trainer(
        max_steps=spec.steps,
        accelerator="cpu",
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        gradient_clip_val=1.0,
    )
    trainer.fit(module)
    seconds = time.perf_counter() - started
    with torch.no_grad():
        found, _ = evaluate(module.eval().network, splits["test"], task, spec, device=module.device)
    return found[0]["values"], seconds


def summary(runs: list[dict[str, object]]) -> list[dict[str, object]]:
    """Mean and standard deviation over seeds of every number."""
    rows = []
    for name in EDGES:
        mine = [flat(run["metrics"]) for run in runs if run["edges"] == name]
        row: dict[str, object] = {"edges": name, "runs": len(mine)}
        for key in mine[0] if mine else ():
            values = [m[key] for m in mine]
            row[key] = {
                "mean": float(np.mean(values)),
                "std": float(np.std(values, ddof=1)) if len(values) > 1 else 0.0,
            }
        rows.append(row)
    return rows


def flat(metrics: object, prefix: str = "") -> dict[str, float]:
    """Numbers of a nested dict by path."""
    if isinstance(metrics, (int, float)):
        return {prefix: float(metrics)}
    if isinstance(metrics, list):
        return flat(metrics[0], prefix) if metrics else {}
    if not isinstance(metrics, dict):
        return {}
    found = {}
    for key, value in metrics.items():
        found.update(flat(value, f"{prefix}/{key}" if prefix else str(key)))
    return found


if __name__ == "__main__":
    main()
