"""Stiffness from a table per pair of elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.radial import RadialForm, TableForm
from pyg_energyloss.stiffness.base import Stiffness, check_positive

_ELEMENTS = 119


@dataclass(frozen=True)
class _OfAtoms:
    """The table asked for the atoms of one batch."""

    factor: Tensor
    element: Tensor
    law: Callable[[Tensor], Tensor]

    def table_form(self) -> TableForm | None:
        """Return the law in the language of the compiled kernels, or None."""
        radial = getattr(self.law, "radial_form", None)
        form: RadialForm | None = None if radial is None else radial()
        return None if form is None else TableForm(form, self.factor, self.element)

    def pair_stiffness(self, distance: Tensor, source: Tensor, target: Tensor) -> Tensor:
        """Return k of each pair."""
        factor = self.factor[self.element[source], self.element[target]]
        return factor.to(distance.dtype) * self.law(distance)


class ElementPair(Stiffness):
    r"""Multiply a law by a factor for each pair of elements.

    .. math:: k_{ij} = f(Z_i, Z_j) \, k(d_{ij})

    Args:
        table: factors by (Z, Z), in either order.
        law: the law of the distance.
        default: factor of the pairs that are not in the table.

    Raises:
        ValueError: an atomic number or a factor is out of range.

    >>> from torch_geometric.data import Data
    >>> from pyg_energyloss.stiffness import Constant
    >>> law = ElementPair({(6, 1): 2.0}, Constant()).for_data(Data(z=torch.tensor([1, 6])))
    >>> law.pair_stiffness(torch.ones(2), torch.tensor([0, 1]), torch.tensor([1, 1]))
    tensor([2., 1.])

    Source: section 4.2 of arXiv 2511.02087 leaves k_ij free to depend on the pair.
    """

    def __init__(
        self,
        table: Mapping[tuple[int, int], float],
        law: Callable[[Tensor], Tensor],
        *,
        default: float = 1.0,
    ) -> None:
        self.law = law
        self.table = dict(table)
        self.default = check_positive("default", default, zero=True)
        factor = torch.full((_ELEMENTS, _ELEMENTS), self.default)
        for (first, second), value in self.table.items():
            if not (0 < first < _ELEMENTS and 0 < second < _ELEMENTS):
                raise ValueError(f"`table` must have atomic numbers as keys, got {first, second}")
            number = check_positive("table", value, zero=True)
            factor[first, second] = factor[second, first] = number
        self.factor = factor

    def for_data(self, data: Any) -> _OfAtoms:
        """Return the law for the atoms of `data`, whose atomic numbers are ``data.z``.

        Raises:
            ValueError: `data` has no `z`, or one on a CPU is no atomic number.
        """
        element = getattr(data, "z", None)
        if element is None:
            raise ValueError("`data.z` (atomic numbers) is missing; a law per element needs it")
        if element.is_cpu and element.numel():
            lowest, highest = (int(value) for value in element.aminmax())
            if lowest < 0 or highest >= _ELEMENTS:
                raise ValueError(
                    f"`data.z` must be between 0 and {_ELEMENTS - 1}, got {lowest} to {highest}"
                )
        return _OfAtoms(self.factor.to(element.device), element.long(), self.law)

    def __call__(self, distance: Tensor) -> Tensor:
        """Return the law without factors, which need the atoms."""
        return self.law(distance)

    def __repr__(self) -> str:
        return f"ElementPair({self.table!r}, {self.law!r}, default={self.default:g})"
