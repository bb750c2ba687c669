"""The pair energy as a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from pyg_energyloss.functional import complete_pair_energy, pair_energy
from pyg_energyloss.functional.graphs import graph_counts, graph_sum
from pyg_energyloss.losses.arithmetic import LossArithmetic
from pyg_energyloss.losses.graph_info import GraphInfo, graph_info
from pyg_energyloss.losses.normalize import NORMALIZERS, check_normalize
from pyg_energyloss.losses.reduce import check_reduction, reduce_graphs


class PairEnergyLoss(LossArithmetic):
    """Score positions by the energy of springs on pair distances.

    Blind to rotation, translation, reflection and relabelling of equivalent atoms; no alignment.
    Formula: `pyg_energyloss.functional.pair_energy`.

    Args:
        stiffness: a law by name, or any callable true distance -> k.
        edges: "auto" (``data.energy_edge_index`` if present, else all pairs), "data", "complete",
            or a sampler, called with the batch at every call, that returns the edges.
        normalize: divide each graph's energy by its "atoms", its "pairs", or not (None).
        reduction: over graphs: "mean", "sum", or "none" for one value per graph.

    Raises:
        ValueError: an option is not one of the above.

    >>> import torch
    >>> from torch_geometric.data import Data
    >>> loss = PairEnergyLoss("constant", normalize=None)
    >>> loss(torch.tensor([[0.0], [3.0]]), Data(pos=torch.tensor([[0.0], [1.0]])))
    tensor(4.)

    Source: arXiv 2511.02087, eq 7.
    """

    def __init__(
        self,
        stiffness: str | Callable[[Tensor], Tensor] = "exponential",
        *,
        edges: str | Callable[..., Any] = "auto",
        normalize: str | None = "atoms",
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        self.stiffness = _law(stiffness)
        if isinstance(edges, str) and edges not in ("auto", "complete", "data"):
            raise ValueError(
                f"`edges` must be 'auto', 'complete', 'data' or a sampler, got {edges!r}"
            )
        self.edges = edges
        self.normalize = check_normalize(normalize)
        self.reduction = check_reduction(reduction)

    def forward(self, pos_pred: Tensor, data: Any) -> Tensor:
        """Return the reduced energy of predicted positions [num_nodes, dim] against ``data.pos``.

        Raises:
            TypeError, ValueError: `data` lacks positions, graph information or edges.
        """
        info = graph_info(data)
        edge_index, edge_weight = self._edges(data)
        atoms = graph_counts(pos_pred, info.batch, info.num_graphs)
        if edge_index is None:
            energy = self._complete(pos_pred, info)
            pairs = atoms * (atoms - 1.0)
        else:
            energy = pair_energy(
                pos_pred,
                info.pos,
                edge_index,
                stiffness=self.stiffness,
                edge_weight=edge_weight,
                batch=info.batch,
                num_graphs=info.num_graphs,
            )
            edge_batch = None if info.batch is None else info.batch[edge_index[0]]
            pairs = graph_sum(atoms.new_ones(edge_index.size(1)), edge_batch, info.num_graphs)
        if self.normalize is not None:
            divisor = NORMALIZERS[self.normalize](atoms, pairs).clamp(min=1.0)
            energy = energy / divisor.to(energy.dtype)
        return reduce_graphs(energy, self.reduction)

    def _complete(self, pos_pred: Tensor, info: GraphInfo) -> Tensor:
        return complete_pair_energy(
            pos_pred,
            info.pos,
            stiffness=self.stiffness,
            batch=info.batch,
            num_graphs=info.num_graphs,
        )

    def _edges(self, data: Any) -> tuple[Tensor | None, Tensor | None]:
        if callable(self.edges):
            drawn = self.edges(data)
            return drawn if isinstance(drawn, tuple) else (drawn, None)
        if self.edges == "complete":
            return None, None
        edge_index = getattr(data, "energy_edge_index", None)
        if edge_index is None:
            if self.edges == "data":
                raise ValueError(
                    "`data.energy_edge_index` is missing although edges='data'; add it with "
                    "pyg_energyloss.transforms.RigidEdgeTransform"
                )
            return None, None
        return edge_index, getattr(data, "energy_edge_weight", None)

    def __repr__(self) -> str:
        return (
            f"PairEnergyLoss({self.stiffness!r}, edges={self.edges!r}, "
            f"normalize={self.normalize!r}, reduction={self.reduction!r})"
        )


def _law(stiffness: str | Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    if isinstance(stiffness, str):
        from pyg_energyloss import registry

        return registry.create("stiffness", stiffness)  # type: ignore[no-any-return]
    if not callable(stiffness):
        raise TypeError(
            f"`stiffness` must be a name or a callable distance -> k, got {stiffness!r}"
        )
    return stiffness
