"""Laws and potentials in the language of the compiled kernels: a form and its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Form", "RadialForm", "Well", "WellForm"]


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
