"""The batch as a structure loss reads it: flat positions, and everything else from the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch_geometric.data import Batch, Data

from pyg_energyloss.hosts.context import HostContext
from pyg_energyloss.hosts.schedule import per_graph


class HostBatch:
    """What a loss gets as ``data``: the target positions, and all that the host's batch carries.

    Cells, edges with weights and shifts, atomic numbers, bonds, masks: whatever a loss asks for
    is looked up in the context when it is asked for, so a loss sees the same as if it were called
    with the batch itself. An attribute that the host has not does not exist here either.

    Args:
        context: the host's batch.
        pos: target positions [num_nodes, dim].
        batch: graph of each node [num_nodes].
        num_graphs: number of graphs.
        given: fields that the host passed with the call; these win.

    >>> import torch
    >>> from types import SimpleNamespace
    >>> context = HostContext(SimpleNamespace(z=torch.tensor([6])))
    >>> data = HostBatch(context, torch.zeros(1, 3), torch.tensor([0]), 1)
    >>> data.z, hasattr(data, "cell")
    (tensor([6]), False)
    """

    def __init__(
        self,
        context: HostContext,
        pos: Tensor,
        batch: Tensor,
        num_graphs: int,
        given: Mapping[str, Tensor] | None = None,
    ) -> None:
        self.pos = pos
        self.batch = batch
        self.num_graphs = num_graphs
        self.num_nodes = len(pos)
        self._context = context
        self.__dict__.update(given or {})

    def __getattr__(self, name: str) -> Any:
        # Names with underscores are protocols (copy, pickle), never fields of a batch; a copy in
        # the making has no context yet.
        if name.startswith("_"):
            raise AttributeError(name)
        found = self._context.get(name)
        if found is None and name == "noise_ratio":
            found = self._noise_ratio()
        if found is None:
            raise AttributeError(
                f"the host's batch ({type(self._context.source).__name__}) has no {name!r}"
            )
        return found

    def to_pyg(self) -> Batch:
        """Return the molecules as a PyG batch with positions, elements and bonds.

        Raises:
            ValueError: the nodes of a graph are not next to each other.
        """
        if bool((self.batch.diff() < 0).any()):
            raise ValueError("`batch` must be sorted to take the molecules apart")
        edges = getattr(self, "edge_index", None)
        counts = self.batch.bincount(minlength=self.num_graphs).tolist()
        molecules, start = [], 0
        for count in counts:
            rows = slice(start, start + count)
            molecule = Data(pos=self.pos[rows])
            if (z := getattr(self, "z", None)) is not None:
                molecule.z = z[rows]
            if edges is not None:
                inside = (edges[0] >= start) & (edges[0] < start + count)
                molecule.edge_index = edges[:, inside] - start
                if (kind := getattr(self, "bond_type", None)) is not None:
                    molecule.bond_type = kind[inside]
            molecules.append(molecule)
            start += count
        return Batch.from_data_list(molecules)

    def _noise_ratio(self) -> Tensor | None:
        """σ/α of each graph [num_graphs], what losses that depend on noise read."""
        alpha, sigma = self._context.get("alpha"), self._context.get("sigma")
        if alpha is None or sigma is None:
            return None
        ratio = [per_graph(x, self.batch, self.num_graphs, self.pos) for x in (sigma, alpha)]
        return ratio[0] / ratio[1].clamp(min=1e-8)
