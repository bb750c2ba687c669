"""Stiffness by topological distance: bonds, angles, torsions, the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.stiffness.base import Stiffness, check_positive
from pyg_energyloss.stiffness.inverse_square import InverseSquare


@dataclass(frozen=True)
class _OfBonds:
    """The law asked for the bonds of one batch: sorted keys of the pairs of each class."""

    keys: list[Tensor]
    strengths: list[float]
    nodes: int
    law: Callable[[Tensor], Tensor]

    def exceptions(self) -> tuple[Callable[[Tensor], Tensor], Tensor, Tensor]:
        """Return the law of most pairs, the pairs [2, m] that have a k of their own, and it [m]."""
        key = torch.cat(self.keys)
        strengths = [torch.full_like(k, s, dtype=torch.float64) for k, s in self._of_each()]
        return self.law, torch.stack([key // self.nodes, key % self.nodes]), torch.cat(strengths)

    def _of_each(self) -> list[tuple[Tensor, float]]:
        return list(zip(self.keys, self.strengths, strict=True))

    def pair_stiffness(self, distance: Tensor, source: Tensor, target: Tensor) -> Tensor:
        """Return k of each pair."""
        key = source * self.nodes + target
        k = self.law(distance)
        for known, strength in self._of_each():
            if known.numel():
                place = torch.searchsorted(known, key).clamp(max=known.numel() - 1)
                k = torch.where(known[place] == key, strength, k)
        return k


class BondAware(Stiffness):
    r"""Give bonded pairs (and 1-3, 1-4 pairs, if asked) a stiffness of their own.

    .. math:: k_{ij} = k_{\mathrm{bond}} \text{ between bonded atoms}, \quad
        k_{ij} = k(d_{ij}) \text{ otherwise}

    Args:
        bond: k of bonded pairs; 9 in the paper's experiment.
        law: the law of all other pairs.
        angle: k of pairs two bonds apart; None leaves them to `law`.
        torsion: k of pairs three bonds apart; None leaves them to `law`.

    Raises:
        ValueError: a stiffness is negative or not finite.

    >>> from torch_geometric.data import Data
    >>> from pyg_energyloss.stiffness import Constant
    >>> bonds = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    >>> law = BondAware(9.0, Constant()).for_data(Data(pos=torch.zeros(3, 3), edge_index=bonds))
    >>> law.pair_stiffness(torch.ones(2), torch.tensor([0, 0]), torch.tensor([1, 2]))
    tensor([9., 1.])

    Source: arXiv 2511.02087, section 4.2 (bond-aware Lennard-Jones).
    """

    def __init__(
        self,
        bond: float = 9.0,
        law: Callable[[Tensor], Tensor] | None = None,
        *,
        angle: float | None = None,
        torsion: float | None = None,
    ) -> None:
        self.law = InverseSquare() if law is None else law
        self.bond = check_positive("bond", bond, zero=True)
        self.angle = None if angle is None else check_positive("angle", angle, zero=True)
        self.torsion = None if torsion is None else check_positive("torsion", torsion, zero=True)

    def for_data(self, data: Any) -> _OfBonds:
        """Return the law for the bonds of `data`, which are ``data.edge_index``.

        Raises:
            ValueError: `data` has no `edge_index`.
        """
        bonds = getattr(data, "edge_index", None)
        if bonds is None:
            raise ValueError(
                "`data.edge_index` (the bonds) is missing; a bond-aware law needs the molecular "
                "graph"
            )
        nodes = int(data.pos.size(0))
        keys, strengths = [], []
        hops = bond_hops(bonds, nodes, 3 if self.torsion is not None else 2)
        for key, strength in zip(hops, (self.bond, self.angle, self.torsion), strict=False):
            if strength is not None:
                keys.append(key)
                strengths.append(strength)
        return _OfBonds(keys, strengths, max(nodes, 1), self.law)

    def __call__(self, distance: Tensor) -> Tensor:
        """Return the law of pairs that are not bonded; bonds need the two ends of a pair."""
        return self.law(distance)

    def __repr__(self) -> str:
        shown = f"{self.bond:g}, {self.law!r}"
        if self.angle is not None:
            shown += f", angle={self.angle:g}"
        if self.torsion is not None:
            shown += f", torsion={self.torsion:g}"
        return f"BondAware({shown})"


def bond_hops(bonds: Tensor, num_nodes: int, hops: int) -> list[Tensor]:
    """Return the sorted keys i·n + j of the pairs 1, 2, ... `hops` bonds apart.

    >>> bonds = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    >>> [keys.tolist() for keys in bond_hops(bonds, 3, 2)]
    [[1, 3, 5, 7], [2, 6]]
    """
    both = torch.cat([bonds, bonds.flip(0)], dim=1)
    both = both[:, both[0] != both[1]]
    first = torch.unique(both[0] * num_nodes + both[1])
    neighbours = torch.stack([first // max(num_nodes, 1), first % max(num_nodes, 1)])
    degree = torch.bincount(neighbours[0], minlength=num_nodes)
    start = degree.cumsum(0) - degree
    found, last = [first], first
    for _ in range(hops - 1):
        tail, head = last // max(num_nodes, 1), last % max(num_nodes, 1)
        count = degree[head]
        rank = torch.arange(int(count.sum()), device=bonds.device)
        rank = rank - torch.repeat_interleave(count.cumsum(0) - count, count)
        reach = neighbours[1, torch.repeat_interleave(start[head], count) + rank]
        key = torch.unique(torch.repeat_interleave(tail, count) * num_nodes + reach)
        closer = torch.cat(found)
        key = key[~torch.isin(key, closer) & (key // num_nodes != key % num_nodes)]
        found.append(key)
        last = key
    return found
