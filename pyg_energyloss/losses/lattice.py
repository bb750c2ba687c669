"""Any energy of crystals with the lattice and the atoms in it scored each on its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.crystals.carried import carried
from pyg_energyloss.functional.crystals.lattice import periodic_cell
from pyg_energyloss.functional.graphs import compute_dtype
from pyg_energyloss.functional.node_weight import present
from pyg_energyloss.losses.pair_energy import PairEnergyLoss
from pyg_energyloss.losses.parts.arithmetic import LossArithmetic
from pyg_energyloss.losses.parts.graph_info import graph_info


class LatticeLoss(LossArithmetic):
    r"""Score a predicted lattice by what straining the true crystal to it costs, atoms apart.

    .. math:: L = E(\hat y \hat C^{-1} C, C) + w E(y C^{-1} \hat C, \hat C)

    The first energy is that of the predicted fractional coordinates in the true lattice, the second
    that of the true ones in the predicted lattice. In one energy of both, the disorder of atoms
    that a network cannot place lengthens every distance, and a lattice that is too small makes up
    for it: with 0.5 Å of disorder the best lattice of carbon has a quarter less volume than the
    true one. Here the true lattice is the best, whatever the atoms do.

    Args:
        inner: energy that takes ``cell_pred``; None means `PairEnergyLoss()`.
        weight: w, of the lattice.

    Without a predicted lattice it is the inner loss.

    Raises:
        ValueError: `weight` is negative or not finite.

    >>> from torch_geometric.data import Data
    >>> atom = Data(pos=torch.zeros(1, 3), cell=2 * torch.eye(3)[None])
    >>> springs = PairEnergyLoss("constant", cutoff=2.0)  # six images at 2 Å
    >>> LatticeLoss(springs, weight=0.5)(atom.pos, atom, 3 * torch.eye(3)[None])
    tensor(1.5000)

    Source: ours; the second energy is that of a crystal whose atoms do not relax under strain.
    """

    def __init__(self, inner: torch.nn.Module | None = None, *, weight: float = 1.0) -> None:
        super().__init__()
        if not 0 <= weight < float("inf"):
            raise ValueError(f"`weight` must be finite and at least 0, got {weight}")
        self.inner = PairEnergyLoss() if inner is None else inner
        self.weight = weight

    def forward(self, pos_pred: Tensor, data: Any, cell_pred: Tensor | None = None) -> Tensor:
        """Return the reduced loss of predicted positions [num_nodes, dim] against ``data.pos``.

        Args:
            pos_pred: Predicted positions, in Å.
            data: PyG batch with ``pos``, and ``cell`` where structures repeat.
            cell_pred: Predicted lattice vectors [num_graphs, dim, dim], with a volume; None means
                the true ones.

        Raises:
            TypeError, ValueError: `data` lacks what the inner loss needs, or a crystal with a
                predicted lattice does not repeat along all axes.
        """
        if cell_pred is None:
            found: Tensor = self.inner(pos_pred, data)
            return found
        info, dim = graph_info(data), pos_pred.size(1)
        lattice = periodic_cell(data, info.num_graphs, dim)
        if lattice is None or not bool(lattice[1].all()):
            raise ValueError(
                "`cell_pred` needs a true lattice in `data.cell` that repeats along all axes; "
                "score partly periodic structures with PairEnergyLoss alone"
            )
        dtype = compute_dtype(pos_pred)
        cell = lattice[0].to(pos_pred.device, dtype)
        guess = cell_pred.to(dtype).reshape(-1, dim, dim).expand_as(cell)
        pred = present(pos_pred.to(dtype), info.node_weight)
        true = present(info.pos.to(dtype), info.node_weight)
        inside = carried(pred, guess, cell, batch=info.batch)
        strained = carried(true, cell, guess, batch=info.batch)
        atoms, strain = self.inner(inside, data), self.inner(strained, data, cell_pred=guess)
        total: Tensor = (atoms + self.weight * strain).to(pos_pred.dtype)
        return total

    def __repr__(self) -> str:
        return f"LatticeLoss({self.inner!r}, weight={self.weight:g})"
