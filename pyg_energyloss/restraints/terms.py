"""Restraints as one table of index tensors, in a form that PyG batches rightly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.restraints.kinds import Kind, kind_of

#: What the attributes of a data object are called; "index" makes PyG add the number of nodes.
PREFIX = "restraint_"
#: Rows of `Restraints.index`.
ROWS = 5


@dataclass(frozen=True, slots=True)
class Restraints:
    """Terms on a few atoms each: a coordinate of the atoms is to lie between two bounds.

    Equal bounds are a target, different ones a flat bottom; either may be infinite.

    Attributes:
        index: atoms of each term [5, num_terms]. Bond and clash: the two; angle: the centre in the
            middle; torsion, double bond, ring: the four in a row; planarity: the centre, then
            three neighbours; chirality: the centre, then four neighbours (the centre again in
            place of a missing one). Unused rows repeat the first atom.
        kind: `Kind` of each term [num_terms].
        bounds: lowest and highest value [num_terms, 2]: Å, rad, or Å³ for chirality.
        period: of the coordinate [num_terms], rad; 0 where it has none. A torsion has 2π, or π if
            cis and trans are alike.
        weight: factor of each term's energy [num_terms].

    >>> bond = Restraints.of("bond", [(0, 1)], [(1.5, 1.5)])
    >>> len(bond), bond.index[:, 0].tolist()
    (1, [0, 1, 0, 0, 0])
    """

    index: Tensor
    kind: Tensor
    bounds: Tensor
    period: Tensor
    weight: Tensor

    def __post_init__(self) -> None:
        terms = self.kind.numel()
        expected = {
            "index": (ROWS, terms),
            "kind": (terms,),
            "bounds": (terms, 2),
            "period": (terms,),
            "weight": (terms,),
        }
        for name, shape in expected.items():
            got = tuple(getattr(self, name).shape)
            if got != shape:
                raise ValueError(f"`{name}` must have shape {list(shape)}, got {list(got)}")
        if self.index.is_floating_point() or self.kind.is_floating_point():
            raise TypeError("`index` and `kind` must be integer tensors, got floating point")

    def __len__(self) -> int:
        return self.kind.numel()

    @classmethod
    def of(
        cls,
        kind: str | Kind,
        atoms: Sequence[Sequence[int]],
        bounds: Sequence[Sequence[float]] | Tensor,
        *,
        period: float = 0.0,
        weight: float | Sequence[float] | Tensor = 1.0,
    ) -> Restraints:
        """Return terms of one kind.

        Args:
            kind: its name.
            atoms: of each term, see `index`.
            bounds: lowest and highest value of each term.
            period: of the coordinate.
            weight: one for all, or one for each.

        Raises:
            ValueError: there is no such kind, or lengths differ.
        """
        named = kind if isinstance(kind, Kind) else kind_of(kind)
        terms = len(atoms)
        rows = torch.as_tensor(atoms, dtype=torch.long).reshape(terms, -1 if terms else 1)
        index = rows[:, :1].repeat(1, ROWS)
        index[:, : rows.size(1)] = rows
        limits = torch.as_tensor(bounds, dtype=torch.float32).reshape(-1, 2)
        weights = torch.as_tensor(weight, dtype=torch.float32)
        return cls(
            index.t().contiguous(),
            torch.full((terms,), int(named), dtype=torch.long),
            limits,
            torch.full((terms,), period),
            weights.expand(terms).contiguous() if weights.dim() == 0 else weights,
        )

    @classmethod
    def cat(cls, parts: Iterable[Restraints], *, offsets: Sequence[int] = ()) -> Restraints:
        """Return the terms of all parts; ``offsets`` are added to the atoms of each part.

        >>> bond = Restraints.of("bond", [(0, 1)], [(1.5, 1.5)])
        >>> Restraints.cat([bond, bond], offsets=[0, 10]).index[:2].tolist()
        [[0, 10], [1, 11]]
        """
        some = list(parts) or [cls.of(Kind.BOND, [], [])]
        shifts = list(offsets) or [0] * len(some)
        return cls(
            torch.cat([p.index + shift for p, shift in zip(some, shifts, strict=True)], dim=1),
            *(torch.cat([getattr(p, f.name) for p in some]) for f in fields(cls)[1:]),
        )

    @classmethod
    def stored_in(cls, data: Any) -> Restraints | None:
        """Return the terms that `store` put into a data object or batch, or None."""
        found = [getattr(data, PREFIX + field.name, None) for field in fields(cls)]
        stored = [value for value in found if isinstance(value, Tensor)]
        return cls(*stored) if len(stored) == len(found) else None

    def store(self, data: Any) -> Any:
        """Attach the terms to a PyG data object as ``restraint_index`` and so on; return it."""
        for field in fields(self):
            setattr(data, PREFIX + field.name, getattr(self, field.name))
        return data

    def select(self, kinds: Sequence[str]) -> Restraints:
        """Return the terms of the named kinds.

        Raises:
            ValueError: there is no such kind.
        """
        wanted = torch.tensor([int(kind_of(name)) for name in kinds], device=self.kind.device)
        return self.where(torch.isin(self.kind, wanted))

    def where(self, keep: Tensor) -> Restraints:
        """Return the terms that a mask [num_terms] keeps."""
        return Restraints(
            self.index[:, keep], *(getattr(self, field.name)[keep] for field in fields(self)[1:])
        )

    def to(self, device: torch.device | str) -> Restraints:
        """Return the terms on a device."""
        return Restraints(*(getattr(self, field.name).to(device) for field in fields(self)))
