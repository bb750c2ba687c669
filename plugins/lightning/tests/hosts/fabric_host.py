"""A Fabric program as its users write them; it knows nothing of energy losses."""

import json

import torch
from lightning.fabric import Fabric
from torch import nn
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader

PYRAMID = torch.tensor([[0.0, 0, 0], [1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]])


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.pos = nn.Parameter(0.1 * torch.randn(4, 3))
        self.loss_fn = nn.MSELoss()

    def forward(self, batch):
        return self.pos.repeat(batch.num_graphs, 1)


def turned(generator):
    return Data(pos=PYRAMID @ torch.linalg.qr(torch.randn(3, 3, generator=generator))[0])


if __name__ == "__main__":
    torch.manual_seed(0)
    fabric = Fabric(accelerator="cpu", devices=1)
    model = Model()
    model, optimizer = fabric.setup(model, torch.optim.Adam(model.parameters(), lr=2e-2))
    generator = torch.Generator().manual_seed(0)
    loader = fabric.setup_dataloaders(DataLoader([turned(generator) for _ in range(800)], 4))
    for batch in loader:
        loss = model.module.loss_fn(model(batch), batch.pos)
        fabric.backward(loss)
        optimizer.step()
        optimizer.zero_grad()
    pos = model.module.pos.detach()
    error = (torch.cdist(pos, pos) - torch.cdist(PYRAMID, PYRAMID)).abs().mean()
    print(json.dumps({"distance_error": error.item()}))
    print(model.module)
