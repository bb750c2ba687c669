"""What a step of a training on spins is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from pyg_energyloss.experiments.fitting.schedule import SCHEDULES
from pyg_energyloss.experiments.spins.spec import SpinSpec
from pyg_energyloss.experiments.stream import IndexLoader
from pyg_energyloss.experiments.training import Training
from pyg_energyloss.spins import SpinEvaluator, SpinSystems

#: Test systems looked at for the training curve.
CURVE_SYSTEMS = 250
#: Systems that go through the network at a time when it is evaluated.
CHUNK = 500


class SpinTraining(Training):
    """Trains ``network(batch) -> logits`` with ``loss(logits, batch)``.

    Args:
        spec: Of the run.
        network: Any registered spin model.
        loss: Any spin loss.
        systems: Training systems, then test systems.
    """

    max_gradient_norm = None
    curve_points = 12

    def __init__(
        self,
        spec: SpinSpec,
        network: nn.Module,
        loss: Callable[[Tensor, Data], Tensor],
        systems: SpinSystems,
    ) -> None:
        train = systems.subset(slice(spec.train))
        loader = IndexLoader(len(train), train.batch, batch_size=spec.batch_size, seed=spec.seed)
        super().__init__(spec, network, loader)
        self.loss, self.test = loss, systems.subset(slice(spec.train, None))
        self.factor = SCHEDULES[spec.schedule]

    def rate_factor(self, step: int) -> float:
        """Constant, as in the paper, or a rise and a fall."""
        return self.factor(step, self.spec.steps)

    def losses(self, batch: Data, generator: torch.Generator) -> dict[str, Tensor]:
        """The loss of the network's logits."""
        del generator
        return {"loss": self.loss(self.network(batch), batch)}

    def validate(self) -> dict[str, float]:
        """Excess energy of the first test systems."""
        values = self.scores(self.test.subset(slice(CURVE_SYSTEMS)), relax=False)[0]
        return {"excess": float(values["excess_energy"].mean())}

    def scores(self, systems: SpinSystems, *, relax: bool) -> tuple[dict[str, Tensor], Tensor]:
        """Return metrics per system [num_systems] and logits [num_systems, num_nodes]."""
        evaluator: Any = SpinEvaluator(relax=relax)
        parts: list[dict[str, Tensor]] = []
        logits: list[Tensor] = []
        for start in range(0, len(systems), CHUNK):
            batch = systems.batch(range(start, min(start + CHUNK, len(systems))))
            predicted = self.network(batch.to(self.device)).float().cpu()
            parts.append(evaluator(predicted, batch.to("cpu")))
            logits.append(predicted.view(batch.num_graphs, -1))
        return {k: torch.cat([part[k] for part in parts]) for k in parts[0]}, torch.cat(logits)
