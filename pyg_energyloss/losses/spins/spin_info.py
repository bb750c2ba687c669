"""What a spin loss reads from a PyG batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from pyg_energyloss.functional.bonds import without_column


@dataclass(frozen=True, slots=True)
class SpinInfo:
    """Bonds, couplings and target of a batch of spin systems, and which node is in which graph."""

    edge_index: Tensor
    coupling: Tensor
    target: Tensor | None
    batch: Tensor | None
    num_graphs: int

    def required_target(self) -> Tensor:
        """Return the target: spins, or states of systems with more than two.

        Raises:
            ValueError: there is none.
        """
        if self.target is None:
            raise ValueError(
                "`data.y` is missing; put the target spins there (+1 or -1, [num_nodes]), for "
                "example from pyg_energyloss.spins.ground_state"
            )
        return self.target

    def required_spins(self) -> Tensor:
        """Return the target spins; their values are looked at on a CPU, where it costs no wait.

        Raises:
            ValueError: there are none, or they are something else than +1 and -1.
        """
        target = self.required_target()
        looked_at = target.is_cpu and not torch.compiler.is_compiling()
        if looked_at and not bool((target.abs() == 1).all()):
            raise ValueError(
                "`data.y` must hold the target spins +1 and -1, got other values; turn bits 0 and "
                "1 into spins with 2 * data.y - 1"
            )
        return target


def spin_info(data: Any) -> SpinInfo:
    """Return bonds, couplings (``edge_attr``), target (``y``) and graphs of ``data``.

    Args:
        data: PyG `Batch` or `Data`, or any object with `edge_index`, `edge_attr`, `y` and `batch`
            (and `num_graphs`).

    Raises:
        TypeError: ``data`` is a bare tensor.
        ValueError: bonds, couplings or graph information are missing.

    Example:
        >>> edges = torch.tensor([[0], [1]])
        >>> spin_info(Data(edge_index=edges, edge_attr=torch.ones(1), num_nodes=2)).num_graphs
        1
    """
    if isinstance(data, Tensor):
        raise TypeError(
            "`data` must be a PyG Batch or Data with bonds and couplings, got a bare tensor; use "
            "pyg_energyloss.functional with tensors"
        )
    edge_index, coupling = getattr(data, "edge_index", None), getattr(data, "edge_attr", None)
    if edge_index is None or coupling is None:
        raise ValueError(
            "`data` must have the bonds in `data.edge_index` and the couplings in "
            f"`data.edge_attr`, got {type(data).__name__} without them"
        )
    target = getattr(data, "y", None)
    if target is not None:
        target = without_column(target)
    batch, count = _graphs(data, target)
    return SpinInfo(edge_index, coupling, target, batch, count)


def _graphs(data: Any, target: Tensor | None) -> tuple[Tensor | None, int]:
    batch, ptr = getattr(data, "batch", None), getattr(data, "ptr", None)
    count = getattr(data, "num_graphs", None)
    if batch is None and ptr is not None and target is not None:
        nodes = torch.arange(target.size(0), device=target.device)
        batch = torch.searchsorted(ptr[1:].contiguous(), nodes, right=True)
    if batch is None:
        if count == 1 or (isinstance(data, Data) and not isinstance(data, Batch)):
            return None, 1
        raise ValueError(
            f"`data` must say which node belongs to which graph, got {type(data).__name__} "
            "without `batch`; pass the PyG batch that the model was given"
        )
    if count is None:
        count = int(batch.max()) + 1 if batch.numel() else 0
    return batch, int(count)
