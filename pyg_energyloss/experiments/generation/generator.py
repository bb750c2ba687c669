"""A trained generator in a folder: made from its spec, described, read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from pyg_energyloss import registry
from pyg_energyloss.experiments.generation.spec import GeneratorSpec
from pyg_energyloss.files import read_json, read_npz
from pyg_energyloss.generative.diffusion import MoleculeDiffusion
from pyg_energyloss.generative.prediction import PREDICTIONS
from pyg_energyloss.generative.schedules import SCHEDULES

#: Name of a set of weights -> where they are in the state of a `GeneratorTraining`.
WEIGHTS = {"averaged": "averaged.module.", "last": "network."}


def make_diffusion(spec: GeneratorSpec, elements: Sequence[int]) -> MoleculeDiffusion:
    """The untrained generator of a spec, for molecules of these elements."""
    denoiser: nn.Module = registry.create(
        "model", spec.model, **{"types": len(elements), **spec.model_options}
    )
    return MoleculeDiffusion(
        denoiser,
        elements=elements,
        schedule=SCHEDULES[spec.schedule](),
        prediction=PREDICTIONS[spec.prediction](),
        type_scale=spec.type_scale,
    )


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
    about = describe_generator(folder)
    diffusion = make_diffusion(GeneratorSpec.from_dict(about["spec"]), about["elements"])
    prefix = WEIGHTS[weights]
    diffusion.denoiser.load_state_dict(
        {
            key.removeprefix(prefix): torch.from_numpy(value)
            for key, value in read_npz(folder / "weights.npz").items()
            if key.startswith(prefix)
        }
    )
    return diffusion.eval()


def describe_generator(folder: Path) -> dict[str, Any]:
    """Spec, elements and atom counts of the training molecules, as ``generator.json`` has them.

    Raises:
        FileNotFoundError: the folder holds no trained generator.
    """
    if not (folder / "generator.json").exists():
        raise FileNotFoundError(
            f"`folder` {folder} holds no generator.json; give the folder of a finished training, "
            "runs/... inside the folder that `energyloss generate --out` wrote"
        )
    return read_json(folder / "generator.json")
