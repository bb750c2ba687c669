"""One training run on spins, and the baselines that learn nothing."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch

from pyg_energyloss import registry
from pyg_energyloss.files import npz_bytes, write_bytes, write_json
from pyg_energyloss.functional.bonds import undirected_bonds
from pyg_energyloss.models.spin_frame import strong_bond_frame
from pyg_energyloss.spins import SpinEvaluator, SpinSystems, simulated_annealing
from pyg_energyloss.training.fit import fit
from pyg_energyloss.training.spin_module import SpinHistory, SpinModule
from pyg_energyloss.training.spin_spec import SpinRunSpec

Report = Callable[[int, int, dict[str, float]], None]
CURVE_POINTS = 12
#: Test systems looked at for the training curve.
CURVE_SYSTEMS = 250
#: What ``+flip`` after the name of a loss stands for.
FLIP_SUFFIX, FLIP_RULE = "+flip", "min"


def result_path(out: Path, spec: SpinRunSpec) -> Path:
    """Where the result of a run is written."""
    return out / "runs" / spec.key / "result.json"


def load_result(out: Path, spec: SpinRunSpec) -> dict[str, Any] | None:
    """The result of an earlier, finished run of the same spec, if there is one."""
    path = result_path(out, spec)
    result: dict[str, Any] | None = json.loads(path.read_text()) if path.exists() else None
    return result


def make_loss(name: str, options: dict[str, Any]) -> Any:
    """Create a registered loss; ``name+flip`` creates its form blind to a global flip."""
    base = name.removesuffix(FLIP_SUFFIX)
    flip = {"flip": FLIP_RULE} if base != name else {}
    return registry.create("loss", base, **{**flip, **options})


def train_and_evaluate(spec: dict[str, Any], out: str, *, report: Report) -> dict[str, Any]:
    """Train one model with one loss and evaluate it on the test systems.

    A checkpoint in the run's folder is continued from; the result is written atomically.

    Args:
        spec: `SpinRunSpec.to_dict`.
        out: Folder of the comparison, which holds ``data/``.
        report: Told the step, the number of steps and the latest values now and then.

    Returns:
        What is written to ``result.json``.
    """
    run = SpinRunSpec.from_dict(spec)
    folder = Path(out) / "runs" / run.key
    folder.mkdir(parents=True, exist_ok=True)
    systems = SpinSystems.load(Path(out) / "data" / run.data.file_name)
    test = systems.subset(slice(run.data.train, None))
    # Initial weights, and whatever a third party's model or loss draws, depend on the seed alone.
    pl.seed_everything(run.seed, verbose=False)
    module = SpinModule(
        registry.create("model", run.model, **run.model_options),
        make_loss(run.loss, run.loss_options),
        train=systems.subset(slice(run.data.train)),
        batch_size=run.batch_size,
        steps=run.steps,
        learning_rate=run.learning_rate,
        schedule=run.schedule,
        seed=run.seed,
    )
    history = SpinHistory(
        test.subset(slice(CURVE_SYSTEMS)),
        every=max(1, run.steps // CURVE_POINTS),
        steps=run.steps,
        report=report,
    )
    started = time.perf_counter()
    checkpoint = folder / "last.ckpt"
    fit(module, [history], checkpoint, steps=run.steps)
    train_seconds = time.perf_counter() - started
    metrics, logits = module.evaluate(test, relax=True)
    kept = slice(run.keep_systems)
    write_bytes(folder / "predictions.npz", npz_bytes({"logits": logits[kept].numpy()}))
    result = {
        "spec": run.to_dict(),
        "metrics": {name: float(value.mean()) for name, value in metrics.items()},
        "history": history.rows,
        "step_ms": 1e3 * statistics.median(history.step_seconds) if history.step_seconds else None,
        "train_seconds": train_seconds,
        "eval_seconds": time.perf_counter() - started - train_seconds,
        "parameters": sum(p.numel() for p in module.model.parameters()),
        "device": str(module.device),
        "threads": torch.get_num_threads(),
    }
    write_json(result_path(Path(out), run), result)
    checkpoint.unlink(missing_ok=True)
    return result


def evaluate_baselines(
    path: str, first: int, sweeps: int, seed: int, *, report: Report
) -> dict[str, Any]:
    """Evaluate random spins, the strongest bonds' tree and simulated annealing on the test systems.

    Args:
        path: File of the systems.
        first: Index of the first test system.
        sweeps: Of simulated annealing.
        seed: Of the random numbers.
        report: Told how many of the baselines are done.

    Returns:
        Metrics and seconds by name of the baseline.
    """
    test = SpinSystems.load(path).subset(slice(first, None))
    evaluator = SpinEvaluator()
    batch = test.batch(torch.arange(len(test)))
    draws = torch.rand(batch.num_nodes, generator=torch.Generator().manual_seed(seed)) - 0.5
    found: dict[str, Any] = {"random spins": _scores(evaluator(draws, batch), 0.0)}
    started = time.perf_counter()
    bonds, coupling = undirected_bonds(batch.edge_index, batch.edge_attr)
    tree = strong_bond_frame(bonds, coupling, batch.num_nodes)
    seconds = time.perf_counter() - started
    found["strongest bonds first"] = _scores(evaluator(tree.float(), batch), seconds)
    report(1, 2, {})
    started = time.perf_counter()
    spins = simulated_annealing(
        batch.edge_index,
        batch.edge_attr,
        batch.num_nodes,
        sweeps=sweeps,
        batch=batch.batch,
        seed=seed,
    )
    seconds = time.perf_counter() - started
    found[f"simulated annealing, {sweeps} sweeps"] = _scores(evaluator(spins, batch), seconds)
    report(2, 2, {})
    return found


def _scores(values: dict[str, torch.Tensor], seconds: float) -> dict[str, Any]:
    means = {name: float(value.mean()) for name, value in values.items()}
    return {"metrics": means, "seconds": seconds}
