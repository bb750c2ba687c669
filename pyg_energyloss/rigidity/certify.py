"""A report on one placement: is it fixed by these edges, and how stiffly."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.rigidity.frame import affine_frame
from pyg_energyloss.rigidity.generic import is_globally_rigid, is_rigid
from pyg_energyloss.rigidity.graph import undirected_pairs
from pyg_energyloss.rigidity.proof import as_array, placement, prove
from pyg_energyloss.rigidity.spectrum import Spectrum, stiffness_spectrum


@dataclass(frozen=True)
class Certificate:
    """What `certify` found; ``str()`` gives the readable report, ``as_dict()`` the numbers.

    Args:
        num_nodes: atoms.
        num_pairs: pairs, each counted once.
        dim: dimension of space.
        affine_dim: dimension of the structure: 1 for a linear one, 2 for a planar one.
        rigid: generically rigid in ``dim`` dimensions.
        globally_rigid: generically globally rigid in ``dim`` dimensions.
        universally_rigid: at this very placement the lengths leave no other structure, up to
            heights of 1e-5 of the extent: an order of lateration holds at the positions, and the
            structure rebuilt along it from the lengths alone is the given one to 1e-5 of the
            extent. False means not decided.
        order: the atoms as they were rebuilt.
        rebuild_error: largest distance between an atom and itself in the structure rebuilt from
            the lengths alone, in the unit of ``pos``; infinite if it is not whole.
        spectrum: of the energy's Hessian at the placement, constant stiffness times weight.
        complete: the same for the complete graph.
    """

    num_nodes: int
    num_pairs: int
    dim: int
    affine_dim: int
    rigid: bool
    globally_rigid: bool
    universally_rigid: bool
    order: tuple[int, ...]
    rebuild_error: float
    spectrum: Spectrum
    complete: Spectrum

    @property
    def relative_condition(self) -> float:
        """Condition number over that of the complete graph: how much softer descent will be."""
        whole = self.complete.condition
        return self.spectrum.condition / whole if np.isfinite(whole) and whole > 0 else np.inf

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, without the order."""
        found = asdict(self)
        found.pop("order")
        for name in ("spectrum", "complete"):
            spectrum: Spectrum = getattr(self, name)
            found[name] = {**spectrum._asdict(), "condition": spectrum.condition}
        return {**found, "relative_condition": self.relative_condition}

    def __str__(self) -> str:
        """The report, one fact per line."""
        shape = {0: "a point", 1: "linear", 2: "planar"}.get(self.affine_dim, "spatial")
        if self.affine_dim >= self.dim:
            shape = "full-dimensional"
        if np.isfinite(self.rebuild_error):
            rebuilt = f"rebuilt from its lengths to {self.rebuild_error:.1e}"
        else:
            rebuilt = f"{len(self.order)} of {self.num_nodes} atoms follow from the lengths"
        edges = self.num_pairs / max(self.num_nodes, 1)
        softer = f" (complete graph {self.complete.smallest:.3g})"
        harder = f", {self.relative_condition:.3g} times that of the complete graph"
        soft, softest = self.spectrum.soft_modes, self.complete.soft_modes
        return "\n".join(
            [
                f"{self.num_nodes} atoms, {self.num_pairs} pairs ({edges:.2f} per atom), {shape}",
                f"  generic rigidity           {_word(self.rigid)}",
                f"  generic global rigidity    {_word(self.globally_rigid)}",
                f"  this placement             {_verdict(self.universally_rigid)} ({rebuilt})",
                f"  softest mode               {self.spectrum.smallest:.3g}{softer}",
                f"  condition number           {self.spectrum.condition:.3g}{harder}",
                f"  modes without stiffness    {soft} (complete graph {softest})",
            ]
        )


def certify(edge_index: Any, pos: Any, *, edge_weight: Any = None) -> Certificate:
    """Say what these edges guarantee for this placement, and how stiff they make it.

    "Generic" speaks of almost all placements, and real structures are often planar or symmetric.
    So the placement itself is examined. An order is looked for in which every atom is joined to
    earlier ones that span all earlier ones, or the atom itself: then nothing else has these
    lengths. As a check on rounding the structure is rebuilt along that order from the lengths
    alone. Where either fails, nothing is decided. The Hessian says how hard all this is to see for
    gradient descent.

    Args:
        edge_index: [2, num_edges], one direction or both.
        pos: positions [num_nodes, dim].
        edge_weight: weight of each edge [num_edges]; only the spectrum uses it. Weights of both
            directions of a pair must agree; None means 1.

    Returns:
        The certificate.

    Raises:
        ValueError: shapes do not fit, or positions are not finite.

    Example:
        >>> import numpy as np
        >>> square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
        >>> report = certify([[0, 1, 2, 3], [1, 2, 3, 0]], square)
        >>> report.rigid, report.universally_rigid, report.spectrum.soft_modes
        (False, False, 1)
    """
    points = placement(pos)
    num_nodes, dim = points.shape
    pairs = undirected_pairs(edge_index, num_nodes)
    weight = _pair_weight(edge_index, edge_weight, pairs, num_nodes)
    proof = prove(pairs, points)
    every = np.stack(np.triu_indices(num_nodes, 1))
    globally_rigid = is_globally_rigid(pairs, num_nodes, dim)
    return Certificate(
        num_nodes=num_nodes,
        num_pairs=pairs.shape[1],
        dim=dim,
        affine_dim=max(len(affine_frame(points)[0]) - 1, 0),
        rigid=globally_rigid or is_rigid(pairs, num_nodes, dim),
        globally_rigid=globally_rigid,
        universally_rigid=proof.universally_rigid,
        order=proof.order,
        rebuild_error=proof.rebuild_error,
        spectrum=stiffness_spectrum(pairs, points, weight),
        complete=stiffness_spectrum(every, points, np.ones(every.shape[1])),
    )


def _pair_weight(
    edge_index: Any, edge_weight: Any, pairs: NDArray[np.int64], num_nodes: int
) -> NDArray[np.float64]:
    if edge_weight is None:
        return np.ones(pairs.shape[1])
    edges, weight = as_array(edge_index), as_array(edge_weight).astype(np.float64)
    if weight.shape != edges.shape[1:]:
        raise ValueError(
            f"`edge_weight` must have shape [num_edges] = {edges.shape[1:]}, got {weight.shape}"
        )
    table = np.zeros((num_nodes, num_nodes))
    table[edges[0], edges[1]] = weight
    table = np.maximum(table, table.T)
    found: NDArray[np.float64] = table[pairs[0], pairs[1]]
    return found


def _word(value: bool) -> str:
    return "yes" if value else "no"


def _verdict(value: bool) -> str:
    return "universally rigid" if value else "not decided"
