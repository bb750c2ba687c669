"""The pair energy as a loss and as a PyG message passing layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.degree import degree_of
from pyg_energyloss.functional import complete_pair_energy, crystal_energy, pair_energy
from pyg_energyloss.functional.engine import law_of, well_of
from pyg_energyloss.functional.engine.wells import HARMONIC
from pyg_energyloss.functional.pair_energy import check_cutoff
from pyg_energyloss.losses.parts.arithmetic import LossArithmetic
from pyg_energyloss.losses.parts.graph_info import GraphInfo, graph_info
from pyg_energyloss.losses.parts.law import named_law, named_potential
from pyg_energyloss.losses.parts.normalize import (
    atom_weight,
    check_normalize,
    graph_ones,
    pair_weight,
)
from pyg_energyloss.losses.parts.reduce import check_reduction, graphs_per_process
from pyg_energyloss.losses.parts.spring_messages import SpringMessages
from pyg_energyloss.losses.parts.springs import (
    Pairs,
    check_attr,
    check_edges_option,
    springs_of,
)
from pyg_energyloss.stiffness.base import check_positive


class PairEnergyLoss(LossArithmetic, SpringMessages):
    """Score positions by the energy of springs on pair distances.

    Blind to rotation, translation, reflection and exchanges of atoms that keep all distances; needs
    no alignment.
    Formula: `pyg_energyloss.functional.pair_energy`. The message of an edge is the energy of its
    spring, see `edge_energies` and `atom_energies`; the loss itself takes a faster path to the
    same numbers.

    Args:
        stiffness: a law by name, or any callable true distance -> k. A law that depends on atom
            types or bonds has a method `for_data(data)`.
        edges: "auto" (``data.energy_edge_index`` if present, else all pairs), "data", "complete",
            or a sampler, called with the batch at every call, that returns the edges, or edges
            and weights, or edges, weights and lattice shifts.
        normalize: divide each graph's energy by its "atoms", its "pairs" (those summed over, which
            makes a mean), its "atoms_squared", or not (None).
        reduction: over graphs: "mean", "sum", or "none" for one value per graph.
        temperature: T, divides the energy.
        potential: how the energy grows with the deviation of a distance: "harmonic" as in the
            paper, "absolute", "huber", "lddt", "morse", "flat_bottom", or any object with `value`
            and `slope` of (predicted, target) distances.
        cutoff: pairs that are truly this far apart (in Å), or further, have no spring.
        attr: where "auto" and "data" look for the pairs, the ``attr`` of `RigidEdgeTransform`. A
            name of your own is never guessed at: with it, "auto" insists on the attribute too.

    Atoms with ``data.pos_mask`` false are not there, the others count by ``data.pos_weight``.

    Raises:
        ValueError: an option is not one of the above.

    >>> import torch
    >>> from torch_geometric.data import Data
    >>> loss = PairEnergyLoss("constant", normalize=None)
    >>> loss(torch.tensor([[0.0], [3.0]]), Data(pos=torch.tensor([[0.0], [1.0]]))).round(decimals=4)
    tensor(4.)

    Source: arXiv 2511.02087, eqs 5 and 7.
    """

    def __init__(
        self,
        stiffness: str | Callable[[Tensor], Tensor] = "exponential",
        *,
        edges: str | Callable[..., Any] = "auto",
        normalize: str | None = "atoms",
        reduction: str = "mean",
        temperature: float = 1.0,
        potential: Any = "harmonic",
        cutoff: float | None = None,
        attr: str = "energy_edge_index",
    ) -> None:
        super().__init__()
        self.stiffness = named_law(stiffness)
        # Resolved here, once; a law that depends on the data is bound to it at each call.
        bound = hasattr(self.stiffness, "for_data")
        self._law = None if bound else law_of(self.stiffness)
        self.edges = check_edges_option(edges)
        self.attr = check_attr(attr, edges)
        self.normalize = check_normalize(normalize)
        self.reduction = check_reduction(reduction)
        self.temperature = check_positive("temperature", temperature)
        self.potential = named_potential(potential)
        self._well = well_of(self.potential)
        self.cutoff = check_cutoff(cutoff)

    @property
    def degree(self) -> float:
        """The power of an error's size that the energy grows with: that of the potential."""
        return degree_of(self.potential)

    def forward(self, pos_pred: Tensor, data: Any, cell_pred: Tensor | None = None) -> Tensor:
        """Return the reduced energy of predicted positions [num_nodes, dim] against ``data.pos``.

        Structures with ``data.cell`` are crystals: all images within the cutoff of the true one
        count, and ``cell_pred`` [num_graphs, dim, dim] is a predicted lattice.

        Raises:
            TypeError, ValueError: `data` lacks positions, graph information, edges or a cell.
        """
        info, pairs = graph_info(data), self._pairs(data)
        edge_index, edge_weight, _ = pairs
        springs = None
        if getattr(data, "cell", None) is not None:
            springs = springs_of(pairs, data, info, self.cutoff)
            edge_index, edge_weight = springs.edge_index, springs.edge_weight
        graphs: dict[str, Any] = {
            "stiffness": self.stiffness.for_data(data) if self._law is None else self._law,
            "batch": info.batch,
            "num_graphs": info.num_graphs,
            "node_weight": info.node_weight,
            "graph_weight": self._graph_weight(info, edge_index),
            "potential": self._well,
            "cutoff": self.cutoff,
            "total": self.reduction != "none",
        }
        if springs is not None and springs.crystal is not None and springs.cell is not None:
            return crystal_energy(
                pos_pred,
                info.pos,
                springs.cell,
                cell_pred=cell_pred,
                pbc=springs.pbc,
                springs=springs.crystal,
                **graphs,
            )
        if cell_pred is not None:
            raise ValueError("`cell_pred` needs the true lattice in `data.cell`, which repeats")
        if edge_index is None:
            return complete_pair_energy(pos_pred, info.pos, **graphs)
        return pair_energy(pos_pred, info.pos, edge_index, edge_weight=edge_weight, **graphs)

    def _law_for(self, data: Any) -> Any:
        return self.stiffness.for_data(data) if self._law is None else self._law

    def _pairs(self, data: Any) -> Pairs:
        """The pairs, drawn or read: weights and shifts are named like the pairs."""
        edges, attr = self.edges, self.attr
        if callable(edges):
            drawn = edges(data)
            parts = drawn if isinstance(drawn, tuple) else (drawn,)
            edge_index, weight, shift = (*parts, None, None)[:3]
            return edge_index, weight, shift
        edge_index = None if edges == "complete" else getattr(data, attr, None)
        if edge_index is not None:
            weight = getattr(data, attr.replace("index", "weight"), None)
            return edge_index, weight, getattr(data, attr.replace("index", "shift"), None)
        if edges == "data" or attr != "energy_edge_index":
            raise ValueError(
                f"`data.{attr}` is missing although the loss was told to read it; add it with "
                "pyg_energyloss.transforms.RigidEdgeTransform"
            )
        return None, None, None

    def _graph_weight(self, info: GraphInfo, edge_index: Tensor | None) -> Tensor | None:
        """What the energy of each graph is multiplied with, so that the loss is a plain sum."""
        share: float | Tensor = 1.0 / self.temperature
        if self.reduction == "mean":
            share /= max(info.num_graphs, 1)
        elif self.reduction == "global_mean":
            share /= graphs_per_process(info.num_graphs, info.pos.device)
        if self.normalize is None:
            return None if share == 1.0 else share * graph_ones(info)
        if self.normalize == "pairs":
            return share / pair_weight(info, edge_index, self.cutoff)
        wide = torch.promote_types(info.pos.dtype, torch.float32)
        if info.node_weight is not None or (info.ptr is None and info.batch is not None):
            atoms = atom_weight(info)
        elif info.ptr is None:
            atoms = info.pos.new_full((1,), max(info.pos.size(0), 1), dtype=wide)
        else:  # a graph without atoms counts as one
            atoms = info.ptr.diff().clamp(min=1).to(wide)
        return share / (atoms.square() if self.normalize == "atoms_squared" else atoms)

    def __repr__(self) -> str:
        defaults: dict[str, Any] = {
            "edges": "auto",
            "normalize": "atoms",
            "reduction": "mean",
            "temperature": 1.0,
            "attr": "energy_edge_index",
        }
        values = {name: getattr(self, name) for name in defaults}
        if self._well != HARMONIC:
            values["potential"], defaults["potential"] = self.potential, None
        values["cutoff"], defaults["cutoff"] = self.cutoff, None
        shown = [f"{n}={v!r}" for n, v in values.items() if v != defaults[n]]
        return f"PairEnergyLoss({', '.join([repr(self.stiffness), *shown])})"
