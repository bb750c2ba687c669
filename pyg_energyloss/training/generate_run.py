"""One generator: trained, sampled, judged; every part continues after a kill."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch

from pyg_energyloss import registry
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.files import write_json
from pyg_energyloss.metrics.generated import judge, write_extxyz, write_sdf
from pyg_energyloss.training.fit import fit
from pyg_energyloss.training.generate_callbacks import GenerateCurve
from pyg_energyloss.training.generate_module import GenerateModule
from pyg_energyloss.training.generate_sampling import Report, sampled
from pyg_energyloss.training.generate_spec import GenerateSpec
from pyg_energyloss.training.generator import WEIGHTS, load_generator, make_diffusion, save_weights
from pyg_energyloss.training.run import load_splits

CURVE_POINTS = 20
MAX_GRADIENT_NORM = 1.0


def result_path(out: Path, spec: GenerateSpec) -> Path:
    """Where the result of a run is written."""
    return out / "runs" / spec.key / "result.json"


def load_result(out: Path, spec: GenerateSpec) -> dict[str, Any] | None:
    """The result of an earlier, finished run of the same spec with the same judges, if any."""
    path = result_path(out, spec)
    result: dict[str, Any] | None = json.loads(path.read_text()) if path.exists() else None
    if result is None:
        return None
    judged = result["metrics"]["averaged"]
    # What was left out for want of an extra is not done.
    done = all(name in judged and "skipped" not in judged[name] for name in spec.evaluators)
    return result if done else None


def train_and_sample(spec: dict[str, Any], out: str, *, report: Report) -> dict[str, Any]:
    """Train one generator, sample with its averaged and its last weights, judge the molecules.

    A checkpoint in the run's folder is continued from, and so are samples; a trained run is not
    trained again to be judged by other evaluators. Files are whole or absent.

    Args:
        spec: `GenerateSpec.to_dict`.
        out: Folder of the study.
        report: Told the step, the number of steps and the latest values now and then.

    Returns:
        What is written to ``result.json``.
    """
    run = GenerateSpec.from_dict(spec)
    folder = Path(out) / "runs" / run.key
    folder.mkdir(parents=True, exist_ok=True)
    splits = load_splits(run.dataset, run.dataset_options)
    if not (folder / "trained.json").exists():
        train(run, folder, splits, report)
    about = json.loads((folder / "trained.json").read_text())
    counts = torch.diff(splits["train"].slices["pos"])
    real = [splits["train"][i] for i in range(len(splits["train"]))]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    started, metrics = time.perf_counter(), {}
    for weights in WEIGHTS:
        diffusion = load_generator(folder, weights=weights).to(device)
        made = sampled(diffusion, counts, run, folder / f"samples-{weights}", report)
        write_extxyz(folder / f"{weights}.extxyz", made)
        write_sdf(folder / f"{weights}.sdf", made)
        metrics[weights] = judge(made, reference=real, evaluators=run.evaluators)
    result = {
        "spec": run.to_dict(),
        "metrics": metrics,
        **about,
        "sample_seconds": time.perf_counter() - started,
        "threads": torch.get_num_threads(),
    }
    write_json(result_path(Path(out), run), result)
    return result


def train(
    run: GenerateSpec, folder: Path, splits: dict[str, MoleculeDataset], report: Report
) -> None:
    """Train a generator; write its weights, its curve and ``trained.json``, the last of all."""
    molecules = part_of(splits["train"], run.fraction)
    # Initial weights, and whatever a third party's model or loss draws, depend on the seed alone.
    pl.seed_everything(run.seed, verbose=False)
    module = GenerateModule(
        make_diffusion(run, elements_of(splits["train"])),
        registry.create("loss", run.loss, **run.loss_options),
        train=molecules,
        batch_size=run.batch_size,
        steps=run.steps,
        learning_rate=run.learning_rate,
        constant_rate=run.constant_rate,
        position_weight=run.position_weight,
        ema=run.ema,
        augment=run.augment,
        seed=run.seed,
    )
    curve = GenerateCurve(
        splits["val"],
        folder / "curve.csv",
        every=max(1, run.steps // CURVE_POINTS),
        steps=run.steps,
        report=report,
    )
    started = time.perf_counter()
    checkpoint = folder / "last.ckpt"
    fit(
        module,
        [curve],
        checkpoint,
        steps=run.steps,
        clip=MAX_GRADIENT_NORM,
        precision=run.precision,
    )
    save_weights(folder, module, run)
    about = {
        "history": curve.rows,
        "step_ms": 1e3 * statistics.median(curve.durations) if curve.durations else None,
        "train_seconds": time.perf_counter() - started,
        "parameters": sum(p.numel() for p in module.diffusion.denoiser.parameters()),
        "training_molecules": len(molecules),
        "device": str(module.device),
    }
    write_json(folder / "trained.json", about)
    checkpoint.unlink(missing_ok=True)


def elements_of(dataset: MoleculeDataset) -> list[int]:
    """Atomic numbers that occur in a data set, rising."""
    return [int(z) for z in np.unique(dataset.table.z)]


def part_of(dataset: MoleculeDataset, fraction: float) -> MoleculeDataset:
    """The first share of a data set, whose order is random.

    Raises:
        ValueError: the share is not in (0, 1].
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"`fraction` must be in (0, 1], got {fraction}")
    kept: MoleculeDataset = dataset[: max(1, round(fraction * len(dataset)))]
    return kept
