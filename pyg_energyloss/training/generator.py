"""A trained generator in a folder: made from its spec, written, read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from pyg_energyloss import registry
from pyg_energyloss.files import npz_bytes, write_bytes, write_json
from pyg_energyloss.generative.diffusion import MoleculeDiffusion
from pyg_energyloss.generative.prediction import PREDICTIONS
from pyg_energyloss.generative.samplers import SAMPLERS
from pyg_energyloss.generative.schedules import SCHEDULES
from pyg_energyloss.training.generate_module import GenerateModule
from pyg_energyloss.training.generate_spec import GenerateSpec

WEIGHTS = ("averaged", "last")


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
