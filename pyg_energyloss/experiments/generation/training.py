"""What a step of a generator's training is."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torch_geometric.data import Batch

from pyg_energyloss.experiments.fitting.schedule import learning_rate_factor
from pyg_energyloss.experiments.generation.spec import GeneratorSpec
from pyg_energyloss.experiments.splits import SplitTraining
from pyg_energyloss.generative.centre import centred
from pyg_energyloss.generative.diffusion import MoleculeDiffusion
from pyg_energyloss.generative.rotations import random_rotations
from pyg_energyloss.losses.parts.per_graph import per_graph

#: Steps over which the learning rate rises, as a share of all.
WARM_UP = 0.05
#: Steps over which a rate rises that stays: the same for every length, so that a longer training is
#: a shorter one continued.
STEADY_WARM_UP = 200
#: Time at which validation molecules are noised: bonds are blurred, the shape is there.
VALIDATION_TIME = 0.3


class GeneratorTraining(SplitTraining):
    """Trains a `MoleculeDiffusion`; averaged weights are kept beside the last ones.

    Args:
        spec: Of the run.
        diffusion: What is trained.
        loss: Any structure loss.
        splits: Molecules by split.
    """

    weight_decay = 1e-12
    curve_points = 20

    def __init__(
        self,
        spec: GeneratorSpec,
        diffusion: MoleculeDiffusion,
        loss: nn.Module,
        splits: dict[str, Any],
    ) -> None:
        super().__init__(spec, diffusion.denoiser, splits, share=spec.fraction)
        self.options = spec
        self.diffusion, self.loss = diffusion, per_graph(loss)
        self.averaged = AveragedModel(diffusion.denoiser, multi_avg_fn=_warm_average(spec.ema))
        self.averaged.requires_grad_(requires_grad=False)

    def rate_factor(self, step: int) -> float:
        """A rise, then a fall unless the rate is to stay."""
        if self.options.constant_rate:
            return min(1.0, (step + 1) / STEADY_WARM_UP)
        return learning_rate_factor(step, self.spec.steps, warm_up=WARM_UP)

    def losses(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of positions and types at random times, and their weighted sum."""
        batch = self.prepared(batch, generator)
        positions, types = (v.mean() for v in self.diffusion.losses(batch, self.loss))
        total = self.options.position_weight * positions + types
        return {"loss": total, "positions": positions, "types": types}

    def prepared(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Turn the molecules, draw times, add noise."""
        graphs = batch.num_graphs
        if self.options.augment:
            turned = random_rotations(graphs, generator=generator, dtype=batch.pos.dtype)
            middle = centred(batch.pos, batch.batch, graphs)
            batch.pos = torch.einsum("nij,nj->ni", turned[batch.batch], middle)
        time = torch.rand(graphs, generator=generator, device=self.device)
        batch = self.diffusion.noised(batch, time, generator=generator)
        alpha, sigma = self.diffusion.schedule(time)
        batch.noise_ratio = sigma / alpha
        return batch

    def optimizer_step(self, *arguments: Any, **options: Any) -> None:
        """Step, then take the new weights into the average, before any checkpoint is saved."""
        super().optimizer_step(*arguments, **options)
        self.averaged.update_parameters(self.diffusion.denoiser)

    def diffusion_of(self, weights: str) -> MoleculeDiffusion:
        """The generator with its ``averaged`` or its ``last`` weights."""
        self.diffusion.denoiser = self.averaged.module if weights == "averaged" else self.network
        return self.diffusion

    def validate(self) -> dict[str, float]:
        """Errors of the averaged weights at one noise level: bonds, atoms given a wrong type."""
        batch = self.validation
        diffusion = self.diffusion_of("averaged")
        try:
            pos, types = diffusion.denoised(batch)
        finally:
            self.diffusion_of("last")
        wrong = diffusion.decode(types) != batch.z
        return {**self.bond_error(pos), "val_types_wrong": float(wrong.float().mean())}

    def held_out(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Noise of the validation time."""
        moment = torch.full((batch.num_graphs,), VALIDATION_TIME, device=self.device)
        return self.diffusion.noised(batch, moment, generator=generator)


def _warm_average(decay: float) -> Any:
    """An average that forgets the first weights quickly: decay min(d, (1 + n)/(10 + n))."""

    @torch.no_grad()
    def average(averaged: Any, current: Any, count: Any) -> None:
        keep = min(decay, (1 + int(count)) / (10 + int(count)))
        torch._foreach_lerp_(list(averaged), list(current), 1 - keep)

    return average
