"""fairchem v1: a loss for ``loss_functions`` that is named by its dotted path.

::

    loss_functions:
      - positions:
          fn: pyg_energyloss.hosts.fairchem.FairchemEnergyLoss
          coefficient: 1

fairchem builds the class without arguments, so options come from the environment variable
``PYG_ENERGYLOSS_FAIRCHEM``, such as ``pair_energy?stiffness=inverse``.
"""

from __future__ import annotations

import os

import torch
from torch import Tensor

from pyg_energyloss.hosts.context import MissingContextError, batch_context
from pyg_energyloss.hosts.flat_loss import FlatLoss
from pyg_energyloss.hosts.settings import parse_swaps

VARIABLE = "PYG_ENERGYLOSS_FAIRCHEM"


class FairchemEnergyLoss(torch.nn.Module):
    """One energy per system, which fairchem reduces over all processes.

    Pairs are those of the atoms as they are given, without periodic images.

    >>> loss = FairchemEnergyLoss()
    >>> loss(torch.zeros(3, 3), torch.zeros(3, 3), torch.tensor([1, 2]))
    tensor([0., 0.])
    """

    def __init__(self) -> None:
        super().__init__()
        swap = parse_swaps(f"loss={os.environ.get(VARIABLE) or 'pair_energy'}")["loss"]
        self.loss = FlatLoss(**{**swap, "reduction": "none"})

    def forward(self, pred: Tensor, target: Tensor, natoms: Tensor | None = None) -> Tensor:
        """Return the loss of positions [num_nodes, 3] for each system [num_systems].

        Raises:
            MissingContextError: ``natoms`` is missing or does not add up to the number of rows.
        """
        rows = None if natoms is None else int(natoms.sum())
        if natoms is None or rows != len(pred):
            raise MissingContextError(
                f"`natoms` must give the atoms of each system, {len(pred)} in all, got {rows}; "
                "only `positions` of all atoms can be scored by this loss, not a part of them"
            )
        systems = torch.arange(natoms.numel(), device=pred.device)
        batch = systems.repeat_interleave(natoms.reshape(-1))
        with batch_context(batch=batch, num_graphs=natoms.numel()):
            value: Tensor = self.loss(pred, target)
        return value
