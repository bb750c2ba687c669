"""Lightning: a module with a mean squared error learns structures once its loss is swapped.

The module knows nothing of energy losses. In a program of your own you would change nothing either,
install ``pyg-energyloss-lightning`` and set ``PYG_ENERGYLOSS_SWAP="loss_fn=pair_energy"``.
"""

import logging

import lightning.pytorch as pl
import torch
from pyg_energyloss_lightning import EnergyLossCallback
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
PYRAMID = torch.tensor([[0.0, 0, 0], [1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]])


class Model(pl.LightningModule):
    """Predicts one structure, whose copies come in random orientations."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.pos = torch.nn.Parameter(0.1 * torch.randn(4, 3))
        self.loss_fn = torch.nn.MSELoss()

    def training_step(self, batch: Data) -> torch.Tensor:
        """Return the loss, called as losses are: prediction and target, no graph index."""
        return self.loss_fn(self.pos.repeat(batch.num_graphs, 1), batch.pos)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return the optimizer."""
        return torch.optim.Adam(self.parameters(), lr=0.02)


def train(*callbacks: pl.Callback) -> float:
    """Train and return the mean error of the distances in the pyramid."""
    generator = torch.Generator().manual_seed(0)
    turns = [torch.linalg.qr(torch.randn(3, 3, generator=generator))[0] for _ in range(800)]
    loader = DataLoader([Data(pos=PYRAMID @ turn) for turn in turns], batch_size=4)
    model = Model()
    trainer = pl.Trainer(
        accelerator="cpu", max_epochs=1, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, callbacks=list(callbacks),
    )  # fmt: skip
    trainer.fit(model, loader)
    pos = model.pos.detach()
    return (torch.cdist(pos, pos) - torch.cdist(PYRAMID, PYRAMID)).abs().mean().item()


print(f"mean squared error: distances off by {train():.4f}")
swapped = train(EnergyLossCallback(swap={"loss_fn": "pair_energy"}))
print(f"pair energy:        distances off by {swapped:.4f}")
