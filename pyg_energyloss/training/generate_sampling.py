"""Molecules from a trained generator, chunk after chunk, so that none is made twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch_geometric.data import Data

from pyg_energyloss.files import npz_bytes, write_bytes
from pyg_energyloss.generative.diffusion import MoleculeDiffusion
from pyg_energyloss.generative.samplers import SAMPLERS, sample
from pyg_energyloss.metrics.generated import write_extxyz, write_sdf
from pyg_energyloss.training.generate_spec import GenerateSpec
from pyg_energyloss.training.generator import load_generator
from pyg_energyloss.training.jobs import Event
from pyg_energyloss.training.progress import JobProgress

Report = Callable[[int, int, dict[str, float]], None]
#: Molecules sampled at a time; each chunk has a seed and a file of its own.
CHUNK = 100


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


def read_samples(folder: Path) -> list[Data]:
    """Read the molecules of all chunks in a folder.

    Args:
        folder: That `sampled` wrote to.

    Returns:
        Molecules with ``z`` [num_nodes] and ``pos`` [num_nodes, 3] in Å.
    """
    return [molecule for path in sorted(folder.glob("*.npz")) for molecule in _unpacked(path)]


def _unpacked(path: Path) -> list[Data]:
    with np.load(path, allow_pickle=False) as stored:
        z, pos, ptr = (torch.from_numpy(stored[name]) for name in ("z", "pos", "ptr"))
    return [Data(z=z[a:b], pos=pos[a:b]) for a, b in pairwise(ptr.tolist())]


def _packed(molecules: Sequence[Data]) -> dict[str, Any]:
    sizes = [molecule.z.numel() for molecule in molecules]
    return {
        "z": torch.cat([molecule.z for molecule in molecules]).numpy(),
        "pos": torch.cat([molecule.pos for molecule in molecules]).numpy(),
        "ptr": np.concatenate([[0], np.cumsum(sizes)]),
    }
