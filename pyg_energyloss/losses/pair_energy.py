"""The pair energy as a loss and as a PyG message passing layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch_geometric.nn import MessagePassing

from pyg_energyloss.functional import (
    complete_pair_energy,
    crystal_energy,
    edge_energy,
    neighbour_weight,
    pair_energy,
    unwrap,
)
from pyg_energyloss.functional.engine import law_function, law_of, potential_object, well_of
from pyg_energyloss.functional.engine.wells import HARMONIC
from pyg_energyloss.functional.geometry.distance import safe_norm
from pyg_energyloss.functional.graphs import compute_dtype, graph_sum
from pyg_energyloss.functional.node_weight import total_weight
from pyg_energyloss.functional.pair_energy import cartesian_shift, check_cutoff
from pyg_energyloss.losses.parts.arithmetic import LossArithmetic
from pyg_energyloss.losses.parts.graph_info import GraphInfo, graph_info
from pyg_energyloss.losses.parts.law import named_law, named_potential
from pyg_energyloss.losses.parts.normalize import NORMALIZERS, check_normalize
from pyg_energyloss.losses.parts.reduce import check_reduction, reduce_graphs
from pyg_energyloss.losses.parts.springs import (
    SpringSet,
    all_pairs,
    check_attr,
    check_edges_option,
    springs_of,
)
from pyg_energyloss.stiffness.base import check_positive


class PairEnergyLoss(LossArithmetic, MessagePassing):
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
        super().__init__(aggr="sum")
        self.stiffness = named_law(stiffness)
        self._law = (
            self.stiffness if hasattr(self.stiffness, "for_data") else law_of(self.stiffness)
        )
        self.edges = check_edges_option(edges)
        self.attr = check_attr(attr, edges)
        self.normalize = check_normalize(normalize)
        self.reduction = check_reduction(reduction)
        self.temperature = check_positive("temperature", temperature)
        self.potential = named_potential(potential)
        self._well = well_of(self.potential)
        self.cutoff = check_cutoff(cutoff)

    def forward(self, pos_pred: Tensor, data: Any, cell_pred: Tensor | None = None) -> Tensor:
        """Return the reduced energy of predicted positions [num_nodes, dim] against ``data.pos``.

        Structures with ``data.cell`` are crystals: all images within the cutoff of the true one
        count, and ``cell_pred`` [num_graphs, dim, dim] is a predicted lattice.

        Raises:
            TypeError, ValueError: `data` lacks positions, graph information, edges or a cell.
        """
        info = graph_info(data)
        springs, law = (
            springs_of(self.edges, data, info, self.cutoff, self.attr),
            self._law_for(data),
        )
        graphs: dict[str, Any] = {**info.graphs, "potential": self._well, "cutoff": self.cutoff}
        graphs["graph_weight"] = self._graph_weight(info, springs)
        if springs.crystal is not None and springs.cell is not None:
            energy = crystal_energy(
                pos_pred,
                info.pos,
                springs.cell,
                cell_pred=cell_pred,
                pbc=springs.pbc,
                stiffness=law,
                springs=springs.crystal,
                **graphs,
            )
        elif cell_pred is not None:
            raise ValueError("`cell_pred` needs the true lattice in `data.cell`, which repeats")
        elif springs.edge_index is None:
            energy = complete_pair_energy(pos_pred, info.pos, stiffness=law, **graphs)
        else:
            energy = pair_energy(
                pos_pred,
                info.pos,
                springs.edge_index,
                stiffness=law,
                edge_weight=springs.edge_weight,
                **graphs,
            )
        return reduce_graphs(energy, self.reduction, self.temperature)

    def edge_energies(self, pos_pred: Tensor, data: Any) -> tuple[Tensor, Tensor]:
        """Return the pairs [2, num_edges] and the energy of each [num_edges], not normalised.

        For analysis: over complete graphs all pairs are listed.
        """
        info = graph_info(data)
        pos_pred, edge_index, weight, shift = self._listed(pos_pred, data, info)
        dtype = compute_dtype(pos_pred)
        return edge_index, edge_energy(
            pos_pred.to(dtype),
            info.pos.to(dtype),
            edge_index,
            stiffness=self._law_for(data),
            edge_weight=weight,
            shift=shift,
            potential=self._well,
            cutoff=self.cutoff,
            node_weight=info.node_weight,
        )

    def atom_energies(self, pos_pred: Tensor, data: Any) -> Tensor:
        """Return the energy of the springs that end at each atom [num_nodes], not normalised.

        The messages of `edge_energies`, aggregated; their sum is the energy of the graph.
        """
        info = graph_info(data)
        pos_pred, edge_index, weight, shift = self._listed(pos_pred, data, info)
        dtype = compute_dtype(pos_pred)
        rest = info.pos.to(dtype)
        bond = rest[edge_index[1]] - rest[edge_index[0]]
        length = safe_norm(bond if shift is None else bond + shift)
        k = law_function(self._law_for(data))(length, edge_index[0], edge_index[1])
        if self.cutoff is not None:
            k = torch.where(length < self.cutoff, k, 0.0)
        if info.node_weight is not None:
            k = k * (info.node_weight[edge_index[0]] * info.node_weight[edge_index[1]])
        energies: Tensor = self.propagate(  # type: ignore[operator] # written at run time
            edge_index,
            pos_pred=pos_pred.to(dtype),
            edge_shift=shift if shift is not None else torch.zeros_like(bond),
            rest_length=length,
            edge_stiffness=k if weight is None else k * weight,
            size=(info.pos.size(0), info.pos.size(0)),
        )
        return energies[:, 0]

    def message(
        self,
        pos_pred_i: Tensor,
        pos_pred_j: Tensor,
        edge_shift: Tensor,
        rest_length: Tensor,
        edge_stiffness: Tensor,
    ) -> Tensor:
        """Return the energy of each spring [num_edges, 1]."""
        length = safe_norm(pos_pred_i - pos_pred_j + edge_shift)
        energy: Tensor = edge_stiffness * potential_object(self._well).value(length, rest_length)
        return energy[:, None]

    def _law_for(self, data: Any) -> Any:
        law: Any = self.stiffness
        bind = getattr(law, "for_data", None)
        return self._law if bind is None else bind(data)

    def _listed(
        self, pos_pred: Tensor, data: Any, info: GraphInfo
    ) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        springs = springs_of(self.edges, data, info, self.cutoff, self.attr)
        edge_index = springs.edge_index if springs.edge_index is not None else all_pairs(info)
        dtype = compute_dtype(info.pos)
        shift = cartesian_shift(
            springs.edge_shift,
            springs.cell,
            edge_index,
            info.batch,
            dtype,
            num_graphs=info.num_graphs,
        )
        if springs.cell is not None:
            pos_pred = unwrap(pos_pred, info.pos, springs.cell, batch=info.batch, pbc=springs.pbc)
        return pos_pred, edge_index, springs.edge_weight, shift

    def _graph_weight(self, info: GraphInfo, springs: SpringSet) -> Tensor | None:
        if self.normalize is None:
            return None
        weight = info.node_weight
        if info.ptr is None or weight is not None:
            atoms = total_weight(info.pos, weight, info.batch, info.num_graphs)
        else:
            atoms = info.ptr.diff().to(compute_dtype(info.pos))

        graphs: dict[str, Any] = {"batch": info.batch, "num_graphs": info.num_graphs}

        def pairs() -> Tensor:
            if springs.edge_index is None:
                if self.cutoff is not None:
                    return neighbour_weight(info.pos, self.cutoff, **info.graphs)
                itself = atoms if weight is None else graph_sum(weight.square(), **graphs)
                return atoms * atoms - itself
            source, target = springs.edge_index
            each = torch.ones_like(source).to(atoms)
            each = each if weight is None else weight[source] * weight[target]
            graph = None if info.batch is None else info.batch[source]
            return graph_sum(each, graph, info.num_graphs)

        divisor = NORMALIZERS[self.normalize](atoms, pairs)
        return torch.where(divisor > 0, divisor, 1.0).reciprocal()

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
