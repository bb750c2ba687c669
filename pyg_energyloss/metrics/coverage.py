"""Coverage and matching of sets of conformers as a torchmetrics class."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data
from torch_geometric.utils import subgraph

from pyg_energyloss.losses.parts.graph_info import graph_info
from pyg_energyloss.metrics.graph_mean import Metric
from pyg_energyloss.metrics.structure_means import symmetric_rmsd


class Coverage(Metric):
    r"""Say how well the predicted conformers of each molecule cover its true ones.

    With r the symmetric RMSD between predicted and true conformers of one molecule, recall is over
    the true ones (is each found?), precision over the predicted ones (is each true?):

    .. math:: \mathrm{COV} = \mathrm{mean}\,[\min r < \delta], \quad
              \mathrm{MAT} = \mathrm{mean}\,\min r

    The graphs of the batches with one value of ``data.<group>`` are the conformers of a molecule,
    their atoms in one order; each brings a true structure (``data.pos``) and a predicted one. For
    twice as many predictions give each true structure twice. Atoms that ``data.pos_mask`` leaves
    out are not there: the usual figures are over heavy atoms, ``data.pos_mask = data.z > 1``.
    Conformers of a molecule may come in any batches and processes; all are kept until `compute`.

    Args:
        threshold: δ in Å; the literature has 0.5 for QM9, 0.75 or 1.25 for GEOM-Drugs.
        group: name of the attribute that says which molecule a graph is: a string or integer for
            each graph. The data sets of this library have ``group``; where that is a scaffold, of
            which molecules differ, name another attribute.
        colors: name of the attribute [num_nodes] that an exchange must keep, integers.
        options: those of `torchmetrics.Metric`.

    Raises:
        ValueError: `threshold` is not positive.

    >>> water = Data(pos=torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]), group="water")
    >>> water.z, water.edge_index = torch.tensor([8, 1, 1]), torch.tensor([[0, 0], [1, 2]])
    >>> metric = Coverage(threshold=0.5)
    >>> metric.update(water.pos[[0, 2, 1]] - 3.0, Batch.from_data_list([water]))
    >>> {name: round(value.item(), 2) for name, value in metric.compute().items()}
    {'cov_recall': 1.0, 'mat_recall': 0.0, 'cov_precision': 1.0, 'mat_precision': 0.0}

    Source: Xu et al., GeoDiff, ICLR 2022, eq 15 and 16; Ganea et al., GeoMol, NeurIPS 2021. Means
    are over molecules.
    """

    is_differentiable = False
    full_state_update = False
    pos_pred: list[Tensor]
    pos: list[Tensor]
    kind: list[Tensor]
    bonds: list[Tensor]
    sizes: list[Tensor]

    def __init__(
        self,
        *,
        threshold: float = 0.75,
        group: str = "group",
        colors: str = "z",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if not threshold > 0:
            raise ValueError(f"`threshold` must be positive (Å), got {threshold}")
        self.threshold, self.group, self.colors = threshold, group, colors
        for name in ("pos_pred", "pos", "kind", "bonds", "sizes"):
            self.add_state(name, default=[], dist_reduce_fx="cat")

    def update(self, pos_pred: Tensor, data: Any) -> None:
        """Keep a batch: predicted positions [num_nodes, 3] and its PyG data.

        Raises:
            ValueError: `data` lacks bonds, the attribute `colors` or the attribute `group`.
        """
        info = graph_info(data)
        kind, bonds = getattr(data, self.colors, None), getattr(data, "edge_index", None)
        names = _numbers(getattr(data, self.group, None), info.num_graphs, info.pos.device)
        if kind is None or bonds is None or names is None:
            raise ValueError(
                f"`data` must have `edge_index`, `{self.colors}` for every atom and `{self.group}` "
                f"for every graph ({info.num_graphs}); name others with `colors=` and `group=`"
            )
        keep = torch.ones(len(info.pos), dtype=torch.bool, device=info.pos.device)
        if info.node_weight is not None:
            keep = info.node_weight != 0
        batch = torch.zeros_like(keep).long() if info.batch is None else info.batch
        bonds, _ = subgraph(keep, bonds, relabel_nodes=True, num_nodes=len(keep))
        batch, order = batch[keep].sort(stable=True)
        bonds = order.argsort()[bonds]
        atoms = torch.bincount(batch, minlength=info.num_graphs)
        owner, edge = batch[bonds[0]].sort(stable=True)
        local = bonds[:, edge] - (atoms.cumsum(0) - atoms)[owner]
        number = torch.bincount(owner, minlength=info.num_graphs)
        self.pos_pred.append(pos_pred.detach()[keep][order])
        self.pos.append(info.pos[keep][order].to(pos_pred.dtype))
        self.kind.append(kind.reshape(-1)[keep][order].long())
        self.bonds.append(local.T.contiguous())
        self.sizes.append(torch.stack([names, atoms, number], dim=1))

    def compute(self) -> dict[str, Tensor]:
        """Return ``cov_recall``, ``mat_recall`` (Å), ``cov_precision``, ``mat_precision`` (Å).

        Raises:
            ValueError: conformers of one molecule differ in their atoms or bonds.
        """
        found = [self._of_molecule(items) for items in self._molecules().values()]
        rows = torch.stack(found) if found else torch.full((1, 4), torch.nan)
        names = ("cov_recall", "mat_recall", "cov_precision", "mat_precision")
        return dict(zip(names, rows.mean(dim=0), strict=True))

    def _molecules(self) -> dict[int, list[Data]]:
        """The conformers of each molecule: what was kept, taken apart again."""
        if not len(self.sizes):
            return {}
        pred, pos, kind, bonds, sizes = (
            _joined(state) for state in (self.pos_pred, self.pos, self.kind, self.bonds, self.sizes)
        )
        names, atoms, number = sizes.cpu().T.tolist()
        per_atom = (value.split(atoms) for value in (pred, pos, kind))
        molecules: dict[int, list[Data]] = {}
        for name, *parts, edges in zip(names, *per_atom, bonds.split(number), strict=True):
            item = Data(pos_pred=parts[0], pos=parts[1], kind=parts[2], edge_index=edges.T)
            molecules.setdefault(name, []).append(item)
        return molecules

    def _of_molecule(self, items: list[Data]) -> Tensor:
        first = items[0]
        for item in items:
            same = len(item.pos) == len(first.pos) and torch.equal(item.kind, first.kind)
            if not same or item.edge_index.shape != first.edge_index.shape:
                raise ValueError(
                    f"`data.{self.group}` must be that of one molecule; got graphs with other "
                    "atoms or bonds; the atoms of all conformers must be in one order"
                )
        true = Batch.from_data_list([Data(pos=i.pos, kind=first.kind) for i in items])
        true.edge_index = Batch.from_data_list(
            [Data(edge_index=first.edge_index, num_nodes=len(first.pos)) for _ in items]
        ).edge_index
        rmsd = torch.stack(
            [
                symmetric_rmsd(item.pos_pred.repeat(len(items), 1), true, colors="kind")
                for item in items
            ]
        )
        # A prediction that is not finite is like nothing.
        rmsd = torch.nan_to_num(rmsd, nan=torch.inf)
        recall, precision = rmsd.amin(dim=0), rmsd.amin(dim=1)
        near = [(best < self.threshold).to(rmsd.dtype).mean() for best in (recall, precision)]
        return torch.stack([near[0], recall.mean(), near[1], precision.mean()])


def _joined(state: list[Tensor] | Tensor) -> Tensor:
    """A list state is one tensor after it came from all processes."""
    return state if isinstance(state, Tensor) else torch.cat(state)


def _numbers(values: Any, count: int, device: torch.device) -> Tensor | None:
    """The molecule of each graph [num_graphs] as integers, of which processes know the same."""
    if isinstance(values, Tensor):
        return values.reshape(-1).long() if values.numel() == count else None
    if isinstance(values, str | int):
        values = [values]
    if not isinstance(values, Sequence) or len(values) != count:
        return None
    digests = [hashlib.blake2b(str(value).encode(), digest_size=8).digest() for value in values]
    numbers = [int.from_bytes(digest, "big", signed=True) for digest in digests]
    return torch.tensor(numbers, device=device)
