"""Molecules from a trained generator, chunk after chunk, so that none is made twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch_geometric.data import Data

from pyg_energyloss.data.write import write_extxyz, write_sdf
from pyg_energyloss.experiments.experiment import Report
from pyg_energyloss.experiments.generation.generator import describe_generator, load_generator
from pyg_energyloss.experiments.generation.spec import GeneratorSpec
from pyg_energyloss.experiments.spec import digest_of
from pyg_energyloss.experiments.stream import mixed_seed
from pyg_energyloss.files import npz_bytes, read_npz, read_or_set_aside, write_bytes
from pyg_energyloss.generative.diffusion import MoleculeDiffusion
from pyg_energyloss.generative.samplers import SAMPLERS, sample

#: Molecules sampled at a time; each chunk has a seed and a file of its own.
CHUNK = 100
#: Added to the seed of a run for more samples than those that were judged.
MORE = 2**20


def sampled(
    diffusion: MoleculeDiffusion,
    counts: torch.Tensor,
    spec: GeneratorSpec,
    folder: Path,
    report: Report,
) -> list[Data]:
    """Generate a run's samples chunk after chunk; chunks found in the folder are kept.

    Args:
        diffusion: Trained.
        counts: Numbers of atoms of the training molecules, which those of the samples are drawn
            from.
        spec: Of the run.
        folder: For one file a chunk.
        report: Told the molecules done and in all.
    """
    made: list[Data] = []
    device = next(diffusion.parameters()).device
    for path, size in chunks(spec, folder):
        if read_or_set_aside(path, read_npz) is None:
            chunk = int(path.stem.partition("-")[0])
            generator = torch.Generator(device).manual_seed(mixed_seed(spec.seed, chunk))
            picked = torch.randint(len(counts), (size,), generator=generator, device=device)
            molecules = sample(
                diffusion,
                counts.to(device)[picked],
                steps=spec.sample_steps,
                step=SAMPLERS[spec.sampler],
                generator=generator,
            )
            write_bytes(path, npz_bytes(_packed(molecules)))
        made += _unpacked(path)
        report(len(made), spec.samples, "sampling", {})
    return made


def chunks(spec: GeneratorSpec, folder: Path) -> list[tuple[Path, int]]:
    """The files of a run's samples, and how many molecules each has.

    Samples made by another sampler, in other numbers of steps or in chunks of another size are
    other files.
    """
    how = digest_of([spec.sampler, spec.sample_steps, spec.seed])
    sizes = [min(CHUNK, spec.samples - start) for start in range(0, spec.samples, CHUNK)]
    return [(folder / how / f"{n:04d}-{size}.npz", size) for n, size in enumerate(sizes)]


def sample_again(
    folder: Path, out: Path, *, count: int, report: Report, sample_steps: int | None = None
) -> list[Path]:
    """Generate more molecules from a trained run; chunks already made are kept.

    Args:
        folder: Of the run.
        out: Where molecules.extxyz and molecules.sdf are written.
        count: Molecules in all.
        report: Told the molecules done and in all.
        sample_steps: Calls of the denoiser; those of the run if None.

    Returns:
        The files.

    Raises:
        FileNotFoundError: the folder holds no trained generator.
    """
    about, diffusion = describe_generator(folder), load_generator(folder)
    spec = GeneratorSpec.from_dict(about["spec"])
    steps = spec.sample_steps if sample_steps is None else sample_steps
    # Other seeds than those of the samples that were judged.
    more = replace(spec, samples=count, sample_steps=steps, seed=spec.seed + MORE)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    counts = torch.tensor(about["counts"])
    made = sampled(diffusion.to(device), counts, more, out / f"chunks-{spec.key}", report)
    return [
        write_extxyz(out / "molecules.extxyz", made),
        write_sdf(out / "molecules.sdf", made),
    ]


def read_samples(spec: GeneratorSpec, folder: Path) -> list[Data]:
    """Read the molecules of a run.

    Returns:
        Molecules with ``z`` [num_nodes] and ``pos`` [num_nodes, 3] in Å.
    """
    return [molecule for path, _ in chunks(spec, folder) for molecule in _unpacked(path)]


def _unpacked(path: Path) -> list[Data]:
    stored = {name: torch.from_numpy(array) for name, array in read_npz(path).items()}
    return [
        Data(z=stored["z"][a:b], pos=stored["pos"][a:b])
        for a, b in pairwise(stored["ptr"].tolist())
    ]


def _packed(molecules: Sequence[Data]) -> dict[str, Any]:
    sizes = [molecule.z.numel() for molecule in molecules]
    return {
        "z": torch.cat([molecule.z for molecule in molecules]).numpy(),
        "pos": torch.cat([molecule.pos for molecule in molecules]).numpy(),
        "ptr": np.concatenate([[0], np.cumsum(sizes)]),
    }
