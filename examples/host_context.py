"""Losses for hosts that call ``loss(pred, target)`` on flat tensors of noise or velocity."""

import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss.hosts import FlatLoss, MissingContextError, batch_context

generator = torch.Generator().manual_seed(0)
batch = Batch.from_data_list([Data(pos=torch.randn(n, 3, generator=generator)) for n in (4, 6)])
alpha, sigma = torch.tensor([0.9, 0.6]), torch.tensor([0.436, 0.8])
a, s = alpha[batch.batch, None], sigma[batch.batch, None]
eps, error = torch.randn(2, *batch.pos.shape, generator=generator)
x_t = a * batch.pos + s * eps

# One state, as networks see it that predict positions, noise and velocity.
x_hat = batch.pos + 0.1 * error
eps_hat = (x_t - a * x_hat) / s
pairs = {
    "x0": (x_hat, batch.pos),
    "epsilon": (eps_hat, eps),
    "velocity": (a * eps_hat - s * x_hat, a * eps - s * batch.pos),
}
with batch_context(batch, x_t=x_t, alpha=alpha, sigma=sigma):
    for name, (pred, target) in pairs.items():
        print(f"{name:9s} {FlatLoss(parametrization=name)(pred, target):.5f}")

# Without the context nothing says which node belongs to which graph, and that is an error.
try:
    FlatLoss()(*pairs["x0"])
except MissingContextError as problem:
    print(str(problem).split(";")[0].split(". ")[0])
