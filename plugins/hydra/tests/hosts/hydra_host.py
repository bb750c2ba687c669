"""A Hydra and Lightning program as its users write them; it knows nothing of energy losses."""

import json

import hydra
import lightning.pytorch as pl
import torch
from hydra.utils import instantiate
from torch import nn
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader

PYRAMID = torch.tensor([[0.0, 0, 0], [1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]])


class Model(pl.LightningModule):
    def __init__(self, loss, with_batch):
        super().__init__()
        self.pos = nn.Parameter(0.1 * torch.randn(4, 3))
        self.loss = loss
        self.with_batch = with_batch

    def training_step(self, batch, batch_idx):
        pred = self.pos.repeat(batch.num_graphs, 1)
        return self.loss(pred, batch if self.with_batch else batch.pos)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-2)


@hydra.main(config_path="conf", config_name="config", version_base="1.3")
def main(config):
    torch.manual_seed(0)
    model = Model(instantiate(config.model.loss), config.model.with_batch)
    callbacks = [instantiate(c) for c in (config.get("callbacks") or {}).values()]
    generator = torch.Generator().manual_seed(0)
    turns = [torch.linalg.qr(torch.randn(3, 3, generator=generator))[0] for _ in range(800)]
    loader = DataLoader([Data(pos=PYRAMID @ turn) for turn in turns], batch_size=4)
    trainer = instantiate(config.trainer, callbacks=callbacks)
    trainer.fit(model, loader)
    pos = model.pos.detach()
    error = (torch.cdist(pos, pos) - torch.cdist(PYRAMID, PYRAMID)).abs().mean()
    print(json.dumps({"distance_error": error.item(), "loss": repr(model.loss)}))


if __name__ == "__main__":
    main()
