"""A LightningCLI program as its users write them: the loss is named in the configuration file."""

import json

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.cli import LightningCLI
from torch import nn
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader

PYRAMID = torch.tensor([[0.0, 0, 0], [1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]])


class Model(LightningModule):
    def __init__(self, loss: nn.Module, with_batch: bool = False):
        super().__init__()
        self.pos = nn.Parameter(0.1 * torch.randn(4, 3))
        self.loss = loss
        self.with_batch = with_batch

    def training_step(self, batch, batch_idx):
        pred = self.pos.repeat(batch.num_graphs, 1)
        return self.loss(pred, batch if self.with_batch else batch.pos)

    def train_dataloader(self):
        generator = torch.Generator().manual_seed(0)
        turns = [torch.linalg.qr(torch.randn(3, 3, generator=generator))[0] for _ in range(800)]
        return DataLoader([Data(pos=PYRAMID @ turn) for turn in turns], batch_size=4)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-2)


if __name__ == "__main__":
    cli = LightningCLI(Model, seed_everything_default=0, save_config_callback=None)
    pos = cli.model.pos.detach()
    error = (torch.cdist(pos, pos) - torch.cdist(PYRAMID, PYRAMID)).abs().mean()
    print(json.dumps({"distance_error": error.item()}))
