"""A denoising program as its users write them: predicts noise or velocity with an L2 criterion.

It knows nothing of energy losses, and the tests do not touch it.
"""

import argparse
import json

import lightning.pytorch as pl
import torch
from torch import nn
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader

parser = argparse.ArgumentParser()
parser.add_argument("--predicts", choices=["x0", "epsilon", "velocity"], default="epsilon")
options = parser.parse_args()


class Schedule(nn.Module):
    def forward(self, t):
        return {"alpha": torch.cos(t), "sigma": torch.sin(t)}


class Net(nn.Module):
    """Predicts nothing yet, so that every kind of host is in the same state."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(1))

    def forward(self, x_t, target, batch):
        return target + 0.1 * torch.sin(3 * x_t) * torch.exp(self.scale)


class Denoiser(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.schedule = Schedule()
        self.net = Net()
        self.criterion = nn.functional.mse_loss
        self.value = None

    def training_step(self, batch, batch_idx):
        x0, index = batch["mol"].pos, batch["mol"].batch
        generator = torch.Generator().manual_seed(1)
        t = 0.3 + 0.5 * torch.rand(int(index.max()) + 1, generator=generator)
        eps = torch.randn(x0.shape, generator=generator)
        schedule = self.schedule(t)
        a, s = (schedule[k][index, None] for k in ("alpha", "sigma"))
        x_t = a * x0 + s * eps
        x_hat = self.net(x_t, x0, index)
        eps_hat = (x_t - a * x_hat) / s
        pred, target = {
            "x0": (x_hat, x0),
            "epsilon": (eps_hat, eps),
            "velocity": (a * eps_hat - s * x_hat, a * eps - s * x0),
        }[options.predicts]
        loss = self.criterion(pred, target)
        self.value = loss.item()
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.0)


class Wrapped(torch.utils.data.Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        return {"mol": Data(pos=torch.randn(3 + index, 3, generator=generator))}


if __name__ == "__main__":
    model = Denoiser()
    trainer = pl.Trainer(
        max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(model, DataLoader(Wrapped(), batch_size=4))
    print(json.dumps({"loss": model.value, "criterion": model.criterion.__name__}))
