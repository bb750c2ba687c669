"""An experiment: a small network straightens noised zigzag chains, with any structure loss.

Run it with ``energyloss study chains steps=200 batch_size=16 learning_rate=1e-2 --models mlp
--losses mse,energy --seeds 2``: resumed runs, a table, a report and executors come with the engine.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from pyg_energyloss import registry
from pyg_energyloss.experiments.experiment import Measurement, Report
from pyg_energyloss.experiments.spec import TrainingSpec
from pyg_energyloss.experiments.stream import IndexLoader
from pyg_energyloss.experiments.summary import column
from pyg_energyloss.experiments.training import Training
from pyg_energyloss.experiments.training_experiment import TrainingExperiment

ATOMS, WIDTH, NOISE = 6, 64, 0.3


def chains(rows: Tensor) -> Batch:
    """Zigzag chains of bonds of 1.5 Å, one for each row, wider from row to row."""
    step = torch.arange(ATOMS).float()
    items = []
    for row in rows.tolist():
        angle = 0.2 + 0.8 * torch.tensor(row % 64) / 64
        along, across = 1.5 * angle.cos() * step, 1.5 * angle.sin() * (step % 2)
        items.append(Data(pos=torch.stack([along, across, torch.zeros(ATOMS)], dim=1)))
    return Batch.from_data_list(items)


class ChainTraining(Training):
    """A perceptron from noised to true positions."""

    def losses(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """The loss of the predicted positions."""
        noise = torch.randn(batch.pos.shape, generator=generator, device=batch.pos.device)
        inputs = (batch.pos + NOISE * noise).view(-1, 3 * ATOMS)
        loss = registry.create("loss", self.spec.loss, **self.spec.loss_options)
        return {"loss": loss(self.network(inputs).view(-1, 3), batch)}

    def validate(self) -> dict[str, float]:
        """Error of the distances of neighbours along held-out chains, Å."""
        pos = chains(torch.arange(0, 64, 3)).pos.view(-1, ATOMS, 3).to(self.device)
        found = self.network(pos.flatten(1)).view(pos.shape)
        error = found.diff(dim=1).norm(dim=-1) - pos.diff(dim=1).norm(dim=-1)
        return {"length_error": float(error.abs().mean())}


class ChainExperiment(TrainingExperiment[TrainingSpec, ChainTraining]):
    """Straightens noised zigzag chains of six atoms."""

    name, title, roles = "chains", "Straight chains", {"loss": "structure"}
    columns = (column("length_error", "lengths", "Å", terminal=True, text="along the chain"),)

    def names(self, spec: TrainingSpec) -> list[tuple[str, str]]:
        """The loss alone is registered."""
        return [("loss", spec.loss)]

    def build(self, spec: TrainingSpec, out: Path) -> ChainTraining:
        """The perceptron, and chains to train it on."""
        del out
        network = torch.nn.Sequential(
            torch.nn.Linear(3 * ATOMS, WIDTH), torch.nn.SiLU(), torch.nn.Linear(WIDTH, 3 * ATOMS)
        )
        loader = IndexLoader(64, chains, batch_size=spec.batch_size, seed=spec.seed)
        return ChainTraining(spec, network, loader)

    def evaluate(
        self, training: ChainTraining, spec: TrainingSpec, folder: Path, report: Report
    ) -> list[Measurement]:
        """What the training curve shows, at its end."""
        del spec, folder, report
        return [{"labels": {}, "values": {**training.validate()}}]
