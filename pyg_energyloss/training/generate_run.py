"""One generator: trained, sampled, judged; every part continues after a kill."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from torch import nn
from torch_geometric.data import Data

from pyg_energyloss import registry
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.evaluate.generated import judge, write_extxyz, write_sdf
from pyg_energyloss.generative.diffusion import MoleculeDiffusion
from pyg_energyloss.generative.prediction import PREDICTIONS
from pyg_energyloss.generative.samplers import SAMPLERS, sample
from pyg_energyloss.generative.schedules import SCHEDULES
from pyg_energyloss.report.files import npz_bytes, write_bytes, write_json
from pyg_energyloss.training.fit import fit
from pyg_energyloss.training.generate_callbacks import GenerateCurve
from pyg_energyloss.training.generate_module import GenerateModule
from pyg_energyloss.training.generate_spec import GenerateSpec
from pyg_energyloss.training.jobs import Event
from pyg_energyloss.training.progress import JobProgress
from pyg_energyloss.training.run import load_splits

Report = Callable[[int, int, dict[str, float]], None]
CURVE_POINTS = 20
MAX_GRADIENT_NORM = 1.0
#: Molecules sampled at a time; each chunk has a seed and a file of its own.
CHUNK = 100
WEIGHTS = ("averaged", "last")


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


def make_diffusion(run: GenerateSpec, elements: Sequence[int]) -> MoleculeDiffusion:
    """The untrained generator of a spec.

    Raises:
        ValueError: the spec names an unknown schedule or prediction.
    """
    for option, known in (
        ("schedule", SCHEDULES),
        ("prediction", PREDICTIONS),
        ("sampler", SAMPLERS),
    ):
        if getattr(run, option) not in known:
            raise ValueError(
                f"`{option}` must be one of {', '.join(known)}; got {getattr(run, option)!r}"
            )
    denoiser: nn.Module = registry.create(
        "model", run.model, **{"types": len(elements), **run.model_options}
    )
    return MoleculeDiffusion(
        denoiser,
        elements=elements,
        schedule=SCHEDULES[run.schedule](),
        prediction=PREDICTIONS[run.prediction](),
        type_scale=run.type_scale,
    )


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


def save_weights(folder: Path, module: GenerateModule, run: GenerateSpec) -> None:
    """Write what `load_generator` needs: spec, elements, averaged and last weights."""
    arrays = {
        f"{name}/{key}": value.detach().cpu().numpy()
        for name, network in (
            ("averaged", module.averaged.module),
            ("last", module.diffusion.denoiser),
        )
        for key, value in network.state_dict().items()
    }
    write_bytes(folder / "weights.npz", npz_bytes(arrays))
    about = {
        "spec": run.to_dict(),
        "elements": list(module.diffusion.elements),
        "counts": torch.diff(module.train_set.slices["pos"]).tolist(),
    }
    write_json(folder / "generator.json", about)


def load_generator(folder: Path, *, weights: str = "averaged") -> MoleculeDiffusion:
    """Return the trained generator of a run's folder, in evaluation mode, on the CPU.

    Args:
        folder: With ``generator.json`` and ``weights.npz``.
        weights: "averaged" or "last".

    Raises:
        FileNotFoundError: the folder holds no trained generator.
        ValueError: ``weights`` is neither.
    """
    if weights not in WEIGHTS:
        raise ValueError(f"`weights` must be one of {', '.join(WEIGHTS)}; got {weights!r}")
    if not (folder / "generator.json").exists():
        raise FileNotFoundError(
            f"`folder` {folder} holds no generator.json; give the folder of a finished training, "
            "runs/... inside the folder that `energyloss generate --out` wrote"
        )
    about = json.loads((folder / "generator.json").read_text())
    diffusion = make_diffusion(GenerateSpec.from_dict(about["spec"]), about["elements"])
    with np.load(folder / "weights.npz", allow_pickle=False) as stored:
        state = {
            key.removeprefix(f"{weights}/"): torch.from_numpy(stored[key])
            for key in stored.files
            if key.startswith(f"{weights}/")
        }
    diffusion.denoiser.load_state_dict(state)
    return diffusion.eval()


def sampled(
    diffusion: MoleculeDiffusion,
    counts: torch.Tensor,
    run: GenerateSpec,
    folder: Path,
    report: Report,
) -> list[Data]:
    """Generate a run's samples chunk after chunk; chunks found in the folder are kept.

    Args:
        diffusion: Trained.
        counts: Numbers of atoms of the training molecules, which those of the samples are drawn
            from.
        run: The spec.
        folder: For one file a chunk.
        report: Told the molecules done and in all.
    """
    made: list[Data] = []
    device = next(diffusion.parameters()).device
    for chunk, start in enumerate(range(0, run.samples, CHUNK)):
        path = folder / f"{chunk:04d}.npz"
        if not path.exists():
            seed = np.random.SeedSequence([run.seed, chunk]).generate_state(1)[0]
            generator = torch.Generator(device).manual_seed(int(seed))
            size = min(CHUNK, run.samples - start)
            picked = torch.randint(len(counts), (size,), generator=generator, device=device)
            molecules = sample(
                diffusion,
                counts.to(device)[picked],
                steps=run.sample_steps,
                step=SAMPLERS[run.sampler],
                generator=generator,
            )
            write_bytes(path, npz_bytes(_packed(molecules)))
        made += _unpacked(path)
        report(len(made), run.samples, {})
    return made


def _packed(molecules: Sequence[Data]) -> dict[str, Any]:
    sizes = [molecule.z.numel() for molecule in molecules]
    return {
        "z": torch.cat([molecule.z for molecule in molecules]).numpy(),
        "pos": torch.cat([molecule.pos for molecule in molecules]).numpy(),
        "ptr": np.concatenate([[0], np.cumsum(sizes)]),
    }


def _unpacked(path: Path) -> list[Data]:
    with np.load(path, allow_pickle=False) as stored:
        z, pos, ptr = (torch.from_numpy(stored[name]) for name in ("z", "pos", "ptr"))
    return [Data(z=z[a:b], pos=pos[a:b]) for a, b in pairwise(ptr.tolist())]


def sample_again(
    folder: Path, out: Path, *, count: int, sample_steps: int | None = None
) -> list[Path]:
    """Generate more molecules from a trained run; chunks already made are kept.

    Args:
        folder: Of the run.
        out: Where molecules.extxyz and molecules.sdf are written.
        count: Molecules in all.
        sample_steps: Calls of the denoiser; those of the run if None.

    Returns:
        The files.

    Raises:
        FileNotFoundError: the folder holds no trained generator.
    """
    diffusion = load_generator(folder)
    about = json.loads((folder / "generator.json").read_text())
    run = GenerateSpec.from_dict(about["spec"])
    steps = sample_steps or run.sample_steps
    # Other seeds than those of the samples that were judged.
    run = replace(run, samples=count, sample_steps=steps, seed=run.seed + 2**20)
    counts = torch.tensor(about["counts"])
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with JobProgress(1) as progress:
        progress.show(Event("samples", "started"))

        def report(done: int, total: int, values: dict[str, float]) -> None:
            progress.show(Event("samples", "progress", done=done, total=total, values=values))

        chunks = out / f"chunks-{run.key}"
        made = sampled(diffusion.to(device), counts, run, chunks, report)
        progress.show(Event("samples", "done"), note=f"{count} molecules")
    return [
        write_extxyz(out / "molecules.extxyz", made),
        write_sdf(out / "molecules.sdf", made),
    ]
