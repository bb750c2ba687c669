"""The Lightning module that trains a generator with any structure loss."""

from __future__ import annotations

import math
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torch_geometric.data import Batch

from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.generative.centre import centred
from pyg_energyloss.generative.diffusion import MoleculeDiffusion
from pyg_energyloss.losses.per_graph import per_graph
from pyg_energyloss.training.module import StepStream
from pyg_energyloss.training.rotations import random_rotations

#: Steps over which the learning rate rises, as a share of all.
WARM_UP = 0.05
#: Processes of a distributed run draw from streams this far apart.
RANK_STRIDE = 2**20


class GenerateModule(pl.LightningModule):
    """Trains a `MoleculeDiffusion`; averaged weights are kept beside the last ones.

    What a step sees depends on the seed, the step and the process alone, so that a run resumed from
    a checkpoint ends with the weights of an uninterrupted one.

    Args:
        diffusion: What is trained.
        loss: Any structure loss.
        train: Training molecules.
        batch_size: Molecules per step and process.
        steps: Optimiser steps in all.
        learning_rate: At the peak of the schedule.
        constant_rate: Keep the learning rate after its rise, instead of a fall along a cosine.
        position_weight: The structure loss counts this much beside that of the types.
        ema: Decay of the averaged weights.
        augment: Turn each molecule at random.
        seed: Seed of data order, rotations, times and noise.
    """

    def __init__(
        self,
        diffusion: MoleculeDiffusion,
        loss: nn.Module,
        *,
        train: MoleculeDataset,
        batch_size: int,
        steps: int,
        learning_rate: float,
        position_weight: float,
        ema: float,
        augment: bool,
        seed: int,
        constant_rate: bool = False,
    ) -> None:
        super().__init__()
        self.diffusion, self.loss = diffusion, per_graph(loss)
        self.averaged = AveragedModel(diffusion.denoiser, multi_avg_fn=_warm_average(ema))
        self.averaged.requires_grad_(requires_grad=False)
        self.train_set, self.batch_size, self.steps = train, batch_size, steps
        self.learning_rate, self.constant_rate = learning_rate, constant_rate
        self.position_weight, self.augment, self.seed = position_weight, augment, seed

    def generator(self, stream: int) -> torch.Generator:
        """Random numbers of one step, whatever came before."""
        # torch's CPU generator looks at 32 bits of a seed only, so both numbers are mixed first.
        key = [self.seed, stream + RANK_STRIDE * self.global_rank]
        mixed = np.random.SeedSequence(key).generate_state(1)[0]
        return torch.Generator(self.device).manual_seed(int(mixed))

    def prepared(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Turn the molecules, draw times, add noise."""
        graphs = batch.num_graphs
        if self.augment:
            turned = random_rotations(graphs, generator=generator, dtype=batch.pos.dtype)
            middle = centred(batch.pos, batch.batch, graphs)
            batch.pos = torch.einsum("nij,nj->ni", turned[batch.batch], middle)
        time = torch.rand(graphs, generator=generator, device=self.device)
        batch = self.diffusion.noised(batch, time, generator=generator)
        alpha, sigma = self.diffusion.schedule(time)
        batch.noise_ratio = sigma / alpha
        return batch

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        """One step's loss."""
        batch = self.prepared(batch, self.generator(self.global_step))
        positions, types = (v.mean() for v in self.diffusion.losses(batch, self.loss))
        total: Tensor = self.position_weight * positions + types
        values = {"loss": total, "positions": positions, "types": types}
        self.log_dict(values, prog_bar=True, batch_size=batch.num_graphs)
        return total

    def optimizer_step(self, *arguments: Any, **options: Any) -> None:
        """Step, then take the new weights into the average, before any checkpoint is saved."""
        super().optimizer_step(*arguments, **options)
        self.averaged.update_parameters(self.diffusion.denoiser)

    def train_dataloader(self) -> torch.utils.data.DataLoader[Batch]:
        """The stream from the current step on; each process has its own."""
        stream = StepStream(
            self.train_set,
            batch_size=self.batch_size,
            seed=self.seed + RANK_STRIDE * self.global_rank,
            start=self.global_step,
        )
        return torch.utils.data.DataLoader(stream, batch_size=None)

    def configure_optimizers(self) -> Any:
        """AdamW; the learning rate rises linearly, then falls to zero along a cosine, or stays."""
        weights = self.diffusion.denoiser.parameters()
        optimizer = torch.optim.AdamW(weights, lr=self.learning_rate, weight_decay=1e-12)
        warm_up = max(1, round(WARM_UP * self.steps))

        def factor(step: int) -> float:
            if step < warm_up:
                return (step + 1) / warm_up
            if self.constant_rate:
                return 1.0
            return 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, self.steps - warm_up)))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def _warm_average(decay: float) -> Any:
    """An average that forgets the first weights quickly: decay min(d, (1 + n)/(10 + n))."""

    @torch.no_grad()
    def average(averaged: Any, current: Any, count: Any) -> None:
        keep = min(decay, (1 + int(count)) / (10 + int(count)))
        torch._foreach_lerp_(list(averaged), list(current), 1 - keep)

    return average
