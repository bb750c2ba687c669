"""GraphGym: a loss that its configuration names, ``model.loss_fun: pair_energy``.

GraphGym tries every registered loss in turn and takes the first that does not return None; ours
answers only to its own names. Options follow the name: ``pair_energy?stiffness=inverse``.
"""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch

from pyg_energyloss import registry
from pyg_energyloss.hosts import FlatLoss, parse_swaps

KEY = "pyg_energyloss"
ROWS = ("energy_edge_index", "energy_edge_weight", "ptr")
THEIRS = ("cross_entropy", "mse")


class GraphGymBatch:
    """What GraphGym's node head leaves of a batch: the rows of ``<split>_mask``.

    The mask is read when the loss asks, since GraphGym names the split while the step runs.
    """

    def __init__(self, data: Any) -> None:
        self.data = data
        self.num_graphs = getattr(data, "num_graphs", None)

    def _mask(self) -> Tensor | None:
        split = self.data.get("split")
        mask: Tensor | None = None if split is None else self.data.get(f"{split}_mask")
        return mask

    @property
    def batch(self) -> Tensor | None:
        """Graph of each row that the loss gets; a graph that was not batched is one graph."""
        mask = self._mask()
        batch: Tensor | None = self.data.get("batch")
        if batch is None and not isinstance(self.data, Batch):
            batch = torch.zeros(self.data.num_nodes, dtype=torch.long, device=self.data.x.device)
        return batch if mask is None or batch is None else batch[mask]

    def __getattr__(self, name: str) -> Any:
        # Edges are numbered by the rows of the whole batch: of no use once rows are left out.
        mask = self._mask()
        if name in ROWS and mask is not None and not bool(mask.all()):
            return None
        return getattr(self.data, name)


def energy_loss(pred: Tensor, true: Tensor) -> tuple[Tensor, Tensor] | None:
    """Return (loss, prediction), or None unless ``cfg.model.loss_fun`` is one of our names.

    Raises:
        MissingContextError: no callback has said which batch this is.
    """
    from torch_geometric.graphgym.config import cfg

    name = cfg.model.loss_fun
    if name.partition("?")[0] in THEIRS:
        return None
    loss = _loss(name)
    if loss is None:
        return None
    # GraphGym squeezes the last axis, which for structures in one dimension is the coordinate.
    columns = [x.unsqueeze(-1) if x.dim() == 1 else x for x in (pred, true)]
    return loss(*columns), pred


@functools.lru_cache(maxsize=8)
def _loss(name: str) -> FlatLoss | None:
    swap = parse_swaps(f"loss={name}")["loss"]
    known = registry.names("loss")
    if swap["loss"] not in known and swap["loss"].rpartition(":")[2] not in known:
        return None  # another extension's name, or a mistake that GraphGym itself reports
    return FlatLoss(**swap)


def register() -> None:
    """Put `energy_loss` among GraphGym's losses; doing it twice changes nothing."""
    from torch_geometric.graphgym.register import loss_dict, register_loss

    if KEY not in loss_dict:
        register_loss(KEY, energy_loss)
