"""The Lightning module of every run: an experiment says what a step's losses are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor, nn

from pyg_energyloss.experiments.fitting.schedule import learning_rate_factor
from pyg_energyloss.experiments.spec import TrainingSpec
from pyg_energyloss.experiments.stream import RANK_STRIDE, Loader, StepStream, mixed_seed


class Training(pl.LightningModule, ABC):
    """Trains a network with Adam; what a step sees depends on the seed and the step alone.

    Args:
        spec: Steps, learning rate and seed are read from it.
        network: What is trained.
        loader: Passes over the training data.
    """

    #: Decoupled, of AdamW.
    weight_decay = 0.0
    #: Largest norm of the gradient; None for no limit.
    max_gradient_norm: float | None = 1.0
    #: Points of the training curve.
    curve_points = 10

    def __init__(self, spec: TrainingSpec, network: nn.Module, loader: Loader) -> None:
        super().__init__()
        self.spec, self.network, self.loader = spec, network, loader

    @abstractmethod
    def losses(self, batch: Any, generator: torch.Generator) -> dict[str, Tensor]:
        """Return what a step minimises as ``loss``, and any other value for the curve.

        Args:
            batch: From the loader, on the device.
            generator: Random numbers of this step.
        """

    @abstractmethod
    def validate(self) -> dict[str, float]:
        """Return a point of the training curve: errors that mean the same for every loss."""

    def rate_factor(self, step: int) -> float:
        """Share of the peak learning rate at a step."""
        return learning_rate_factor(step, self.spec.steps)

    def generator(self, stream: int) -> torch.Generator:
        """Random numbers of one step, whatever came before."""
        seed = mixed_seed(self.spec.seed, stream + RANK_STRIDE * self.global_rank)
        return torch.Generator(self.device).manual_seed(seed)

    def training_step(self, batch: Any, _index: int) -> dict[str, Tensor]:
        """One step's losses."""
        values = self.losses(batch, self.generator(self.global_step))
        return {k: v if k == "loss" else v.detach() for k, v in values.items()}

    def train_dataloader(self) -> torch.utils.data.DataLoader[Any]:
        """The stream from the current step on; processes take turns at its batches."""
        processes = self.trainer.world_size
        start = self.global_step * processes + self.global_rank
        stream = StepStream(self.loader, start=start, stride=processes)
        return torch.utils.data.DataLoader(stream, batch_size=None)

    def configure_optimizers(self) -> Any:
        """AdamW, with the schedule stepped at every step."""
        optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=self.spec.learning_rate, weight_decay=self.weight_decay
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self.rate_factor)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }
