"""The samplers as a PyG transform."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from pyg_energyloss.functional.crystals.lattice import periodic_cell
from pyg_energyloss.rigidity.frame import check_finite
from pyg_energyloss.samplers.base import EdgeSampler
from pyg_energyloss.samplers.crystals.periodic import nearest_image
from pyg_energyloss.samplers.sample import Lattice, PairSample, weight_dtype
from pyg_energyloss.samplers.streams import NumpyStream


@functional_transform("rigid_edges")
class RigidEdgeTransform(BaseTransform):
    """Add the pairs that carry a spring: ``energy_edge_index`` and ``energy_edge_weight``.

    As ``transform`` it draws anew at each access; as ``pre_transform`` it fixes one draw. Both
    directions of every pair are stored, as PyG does for undirected graphs, and the names make PyG
    batch them rightly. Periodic structures (``data.cell`` and optionally ``data.pbc``) also get
    ``energy_edge_shift`` [num_edges, dim], the image that is meant. Atoms that ``data.pos_mask``
    leaves out get no edge: the others are as rigid as if those had been removed.

    Args:
        sampler: a registered name (`pel.registry.names("sampler")`) or a sampler object.
        dim: dimension of space, given to a sampler made by name.
        attr: name of the edge attribute; must contain "index" so that PyG increments it. The
            weights and shifts are named alike.
        seed: seed of the draws; None takes that of ``torch.manual_seed``, whose generator is never
            advanced: another seed begins anew, the same one once more does not (`restart`
            does). Loader workers and epochs get
            streams of their own; a loader with a seeded ``generator`` repeats them.
        complete_below: for samplers that know it ("backbone"): structures of at most this many
            atoms get the complete graph.
        symmetrize: close each draw under the automorphisms of the bonds in ``data.edge_index`` that
            keep ``data.z``, if present, and spread the weights evenly over each orbit. Needs the
            extra ``chem``. Redrawn edges treat equivalent atoms alike in the mean without it.
        **options: further options of a sampler made by name, as ``k=6`` of "k_regular".

    Raises:
        ValueError: ``attr`` lacks "index", positions are missing, not finite or of another
            dimension, or a structure without bonds, or a periodic one, is to be symmetrised.
        TypeError: options for a sampler object, or unknown to the sampler.

    Example:
        >>> import torch
        >>> from torch_geometric.data import Data
        >>> data = RigidEdgeTransform()(Data(pos=torch.rand(5, 3)))
        >>> data.energy_edge_index.shape, data.energy_edge_weight.shape
        (torch.Size([2, 20]), torch.Size([20]))
    """

    def __init__(
        self,
        sampler: str | EdgeSampler = "backbone",
        *,
        dim: int = 3,
        attr: str = "energy_edge_index",
        seed: int | None = None,
        complete_below: int = 64,
        symmetrize: bool = False,
        **options: Any,
    ) -> None:
        if "index" not in attr:
            raise ValueError(
                f"`attr` must contain 'index' so that PyG batches it as an edge index, got {attr!r}"
            )
        if isinstance(sampler, str):
            from pyg_energyloss import registry

            factory = registry.get("sampler", sampler)
            known = inspect.signature(factory).parameters
            offered = {"dim": dim, "complete_below": complete_below}
            options = {k: v for k, v in offered.items() if k in known} | options
            self.sampler: EdgeSampler = factory(**options)
        elif options:
            raise TypeError(
                f"`sampler` is an object, so {', '.join(options)} must be given to it, not here"
            )
        else:
            self.sampler = sampler
        self.dim = dim
        self.attr = attr
        self.seed = seed
        self.symmetrize = symmetrize
        self._stream = NumpyStream(seed)
        self._weight_attr = attr.replace("index", "weight")
        self._shift_attr = attr.replace("index", "shift")

    def forward(self, data: Data) -> Data:
        """Draw and attach the edges of one structure."""
        pos = data.pos
        if pos is None or pos.dim() != 2 or pos.shape[1] != self.dim:  # noqa: PLR2004 - a matrix
            shape = None if pos is None else tuple(pos.shape)
            raise ValueError(
                f"`data.pos` must have shape [num_nodes, {self.dim}], got {shape}; "
                "pass `dim` for another dimension"
            )
        lattice = _lattice(data, self.dim)
        points = pos.detach().cpu().to(weight_dtype(pos)).numpy()
        bonds = None if data.edge_index is None else data.edge_index.detach().cpu().numpy()
        mask = data.get("pos_mask")
        node = None if mask is None or bool(mask.all()) else np.flatnonzero(mask.cpu().numpy())
        if node is not None:
            points, bonds = points[node], None if bonds is None else _among(bonds, node, len(pos))
        check_finite(points)
        drawn = self.sampler.sample(points, self._stream.generator(), bonds=bonds, lattice=lattice)
        if lattice is not None and drawn.shift is None:
            drawn = drawn._replace(shift=nearest_image(points, drawn.pairs, lattice))
        if node is not None:
            drawn = drawn._replace(pairs=node[drawn.pairs])
        if self.symmetrize:
            drawn = _symmetric(drawn, data)
        num_pairs = drawn.pairs.shape[1]
        edges = np.empty((2, 2 * num_pairs), np.int64)
        edges[:, :num_pairs] = drawn.pairs
        edges[:, num_pairs:] = drawn.pairs[::-1]
        weight = np.concatenate([drawn.weight, drawn.weight])
        data[self.attr] = torch.from_numpy(edges).to(pos.device)
        data[self._weight_attr] = torch.from_numpy(weight).to(pos.device, weight_dtype(pos))
        if drawn.shift is not None:
            shift = np.concatenate([drawn.shift, -drawn.shift])
            data[self._shift_attr] = torch.from_numpy(shift).to(pos.device)
        return data

    def restart(self) -> None:
        """Begin the stream of draws anew, as after a change of the seed."""
        self._stream.restart()

    def __repr__(self) -> str:
        """What PyG compares to see whether ``pre_transform`` has changed."""
        return (
            f"{type(self).__name__}({self.sampler!r}, attr={self.attr!r}, seed={self.seed}, "
            f"symmetrize={self.symmetrize})"
        )


def _symmetric(drawn: PairSample, data: Data) -> PairSample:
    from pyg_energyloss.symmetry import automorphism_generators
    from pyg_energyloss.symmetry.closure import spread_weights

    if data.edge_index is None or drawn.shift is not None:
        raise ValueError(
            "`symmetrize` needs bonds in `data.edge_index` and a structure that is not periodic"
        )
    if drawn.pairs.shape[1] == data.num_nodes * (data.num_nodes - 1) // 2:
        return drawn
    images = automorphism_generators(data.edge_index, data.num_nodes, colors=data.get("z"))
    return PairSample(*spread_weights(drawn.pairs, drawn.weight, images.numpy()))


def _lattice(data: Data, dim: int) -> Lattice | None:
    found = periodic_cell(data, 1, dim)
    if found is None:
        return None
    cell, flags = (value[0].detach().cpu() for value in found)
    return Lattice.of(cell.double().numpy(), flags.numpy())


def _among(edges: NDArray[np.int64], node: NDArray[np.int64], num_nodes: int) -> NDArray[np.int64]:
    """The edges among some of the nodes, which are numbered anew."""
    number = np.full(num_nodes, -1)
    number[node] = np.arange(len(node))
    found: NDArray[np.int64] = number[edges]
    return found[:, (found >= 0).all(axis=0)]
