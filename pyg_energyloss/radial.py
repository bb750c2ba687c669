"""Laws and potentials in the language of the compiled kernels: a form and its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from torch import Tensor

__all__ = ["Form", "RadialForm", "TableForm", "Well", "WellForm"]


class Form(IntEnum):
    """The functions of the distance that the kernels know; other laws run in plain torch."""

    CONSTANT = 1
    INVERSE = 2
    INVERSE_SQUARE = 3
    EXPONENTIAL = 4


@dataclass(frozen=True, slots=True)
class RadialForm:
    """One law: ``strength`` times a function of the distance with one ``parameter``.

    CONSTANT: strength; INVERSE: strength / (d + parameter); INVERSE_SQUARE:
    strength / (d² + parameter); EXPONENTIAL: strength * exp(-parameter * d).
    """

    form: Form
    strength: float
    parameter: float = 0.0


class Well(IntEnum):
    """The potentials that the kernels know; others run in plain torch."""

    HARMONIC = 1
    ABSOLUTE = 2
    HUBER = 3
    LDDT = 4
    MORSE = 5
    FLAT_BOTTOM = 6


@dataclass(frozen=True, slots=True)
class WellForm:
    """One potential of the elongation with at most one ``parameter``.

    The formulas are those of the classes of the same names in `pyg_energyloss.potentials`.
    """

    form: Well
    parameter: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class TableForm:
    """A law with a factor for each pair of kinds of atoms: ``table[kind_i, kind_j] * radial``.

    ``table`` [kinds, kinds], symmetric; ``kind`` [num_nodes], integers.
    """

    radial: RadialForm
    table: Tensor
    kind: Tensor
