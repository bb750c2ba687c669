"""A stiffness of one's own is any function of the true distance."""

import matplotlib.pyplot as plt
import torch

import pyg_energyloss as pel


def shell(distance: torch.Tensor) -> torch.Tensor:
    """Stiff within 2 Å, soft beyond, without a step."""
    return 0.05 + torch.sigmoid((2.0 - distance) / 0.2)


pel.testing.assert_loss_contract(pel.PairEnergyLoss(shell))
print("the loss with this stiffness keeps the contract of every loss")
distance = torch.linspace(0.8, 6.0, 200)
laws = {"exponential": pel.stiffness.Exponential(), "inverse square": pel.stiffness.InverseSquare()}
figure, ax = plt.subplots(figsize=(4.5, 3.2), layout="constrained")
for name, law in {**laws, "ours": shell}.items():
    ax.plot(distance, law(distance), label=name)
ax.set(xlabel="true distance / Å", ylabel="stiffness", title="how stiff a spring is")
ax.legend()
figure.savefig("custom_stiffness.png", dpi=90)
