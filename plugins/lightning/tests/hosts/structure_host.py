"""A program as its users write them: predicts structures with a mean squared error.

It knows nothing of energy losses, and the tests do not touch it. Every molecule comes in a random
orientation, so that the mean squared error can only learn the mean over orientations.
"""

import argparse
import importlib
import json

import torch
from torch import nn
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader

parser = argparse.ArgumentParser()
parser.add_argument("--package", default="lightning.pytorch")
parser.add_argument("--steps", type=int, default=150)
parser.add_argument("--root", default=".")
options = parser.parse_args()
pl = importlib.import_module(options.package)

WATER = [[0.0, 0.0, 0.12], [0.0, 0.76, -0.48], [0.0, -0.76, -0.48]]
AMMONIA = [[0.0, 0.0, 0.12], [0.0, 0.94, -0.27], [0.81, -0.47, -0.27], [-0.81, -0.47, -0.27]]
METHANE = [[0.0, 0, 0], [0.63, 0.63, 0.63], [-0.63, -0.63, 0.63], [0.63, -0.63, -0.63],
           [-0.63, 0.63, -0.63]]  # fmt: skip


class Molecules(torch.utils.data.Dataset):
    def __init__(self, size):
        self.generator = torch.Generator().manual_seed(0)
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        kind = index % 3
        pos = torch.tensor([WATER, AMMONIA, METHANE][kind])
        turn = torch.linalg.qr(torch.randn(3, 3, generator=self.generator))[0]
        pos = (pos - pos.mean(0)) @ (turn * torch.linalg.det(turn))
        return Data(atom=5 * kind + torch.arange(len(pos)), pos=pos)


class Predictor(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Embedding(15, 32), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 3)
        )
        self.loss_fn = nn.MSELoss()

    def forward(self, batch):
        return self.net(batch.atom)

    def training_step(self, batch, batch_idx):
        loss = self.loss_fn(self(batch), batch.pos)
        self.log("train_loss", loss, batch_size=batch.num_graphs)
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-2)


def distance_error(model):
    batch = next(iter(DataLoader(Molecules(30), batch_size=30)))
    same = batch.batch[:, None] == batch.batch[None]
    with torch.no_grad():
        error = torch.cdist(model(batch), model(batch)) - torch.cdist(batch.pos, batch.pos)
    return error[same].abs().mean().item()


if __name__ == "__main__":
    torch.manual_seed(0)
    model = Predictor()
    trainer = pl.Trainer(
        max_steps=options.steps,
        max_epochs=1,
        accelerator="cpu",
        enable_progress_bar=False,
        enable_model_summary=False,
        log_every_n_steps=10,
        logger=pl.loggers.CSVLogger(options.root, version="0"),
        enable_checkpointing=False,
    )
    trainer.fit(model, DataLoader(Molecules(30 * options.steps), batch_size=30))
    trainer.save_checkpoint(f"{options.root}/last.ckpt")
    print(json.dumps({"distance_error": distance_error(model)}))
    print("callbacks:", [type(callback).__name__ for callback in trainer.callbacks])
    print(model)
