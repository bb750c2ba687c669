"""Stiffness laws in the language of the compiled kernels: a form and two numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Form", "RadialForm"]


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
