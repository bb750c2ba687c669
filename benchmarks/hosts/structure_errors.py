"""A Lightning callback that measures, at test time, the structures that predicted noise stands for.

Named in MoreRed's own configuration (``+callbacks.structure._target_=...``), so that the model with
and the one without the energy loss are measured alike and MoreRed's source stays as it is.
"""

# ruff: noqa: ARG002, D102, PLR0917 - the hooks have Lightning's names and signatures

import itertools
import json
from pathlib import Path

import torch
from pytorch_lightning import Callback

BINS = (0.0, 0.25, 0.5, 0.75, 1.0)
BOND = 1.9


class StructureErrors(Callback):
    """Writes the error of distances by diffusion time.

    Args:
        path: JSON file to write.
        noise_schedule: MoreRed's schedule.
    """

    def __init__(self, path, noise_schedule):
        self.path = Path(path)
        self.schedule = noise_schedule
        self.rows = []

    def on_test_start(self, trainer, pl_module):
        # The data set draws times and noise from the global generator: the same for every model.
        torch.manual_seed(0)

    def on_test_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, dataloader_idx=0):
        found = self.schedule(
            self.schedule.unnormalize_time(batch["t"]), keys=["sqrt_alpha_bar", "sqrt_beta_bar"]
        )
        alpha, sigma = (
            found[k].reshape(-1, 1).double() for k in ("sqrt_alpha_bar", "sqrt_beta_bar")
        )
        x_t, eps = batch["_positions"].double(), batch["eps_pred"].detach().double()
        true = batch["original__positions"].double()
        pred = (x_t - sigma * eps) / alpha
        for graph in batch["_idx_m"].unique():
            rows = batch["_idx_m"] == graph
            pair = torch.ones(int(rows.sum()), int(rows.sum())).triu(1).bool()
            d_true, d_pred = (torch.cdist(x[rows], x[rows])[pair] for x in (true, pred))
            error = (d_true - d_pred).abs()
            bonded = d_true < BOND
            self.rows.append(
                (batch["t"][rows][0].item(), error.mean().item(), error[bonded].mean().item())
            )

    def on_test_end(self, trainer, pl_module):
        table = torch.tensor(self.rows, dtype=torch.float64)
        result = {}
        for low, high in itertools.pairwise(BINS):
            inside = table[(table[:, 0] >= low) & (table[:, 0] < high)]
            result[f"t {low:.2f} to {high:.2f}"] = {
                "molecules": len(inside),
                "pair_distance_mae": inside[:, 1].median().item(),
                "bond_length_mae": inside[:, 2].median().item(),
            }
        self.path.write_text(json.dumps(result, indent=2) + "\n")
