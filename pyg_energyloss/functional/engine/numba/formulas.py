"""Stiffness laws and potentials as device functions of the CPU kernels, each written once.

They are LLVM instructions, which the compiler inlines into loops that are to be vectorised.
Importing this module needs numba.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from pyg_energyloss.functional.engine.numba.arithmetic import exponential
from pyg_energyloss.potentials.lddt import THRESHOLDS
from pyg_energyloss.potentials.morse import WALL
from pyg_energyloss.radial import Form, Well

_Pair = tuple[Any, Any]


class _Builder:
    """Floating point instructions of one width, with the reorderings that kernels allow."""

    flags = ("reassoc", "contract", "arcp", "nsz", "afn")

    def __init__(self, build: Any, kind: Any) -> None:
        self.build = build
        self.kind = kind
        self.floating = ir.FloatType() if kind == types.float32 else ir.DoubleType()

    def number(self, value: float) -> Any:
        return ir.Constant(self.floating, value)

    def add(self, left: Any, right: Any) -> Any:
        return self.build.fadd(left, right, flags=self.flags)

    def sub(self, left: Any, right: Any) -> Any:
        return self.build.fsub(left, right, flags=self.flags)

    def mul(self, left: Any, right: Any) -> Any:
        return self.build.fmul(left, right, flags=self.flags)

    def div(self, left: Any, right: Any) -> Any:
        return self.build.fdiv(left, right, flags=self.flags)

    def negative(self, value: Any) -> Any:
        return self.build.fsub(self.number(-0.0), value)

    def larger(self, left: Any, right: Any) -> Any:
        """The larger of two numbers, NaN if the left one is."""
        return self.build.select(self.build.fcmp_unordered(">", left, right), left, right)

    def smaller(self, left: Any, right: Any) -> Any:
        """The smaller of two numbers, NaN if the left one is."""
        return self.build.select(self.build.fcmp_unordered("<", left, right), left, right)

    def clamp(self, value: Any, limit: Any) -> Any:
        return self.smaller(self.larger(value, self.negative(limit)), limit)

    def magnitude(self, value: Any) -> Any:
        return self.larger(value, self.negative(value))

    def with_sign(self, size: Any, value: Any) -> Any:
        """The size with the sign of a value, zero where the value is."""
        zero = self.number(0.0)
        signed = self.build.select(
            self.build.fcmp_unordered(">", value, zero), size, self.negative(size)
        )
        return self.build.select(self.build.fcmp_ordered("==", value, zero), zero, signed)

    def exp(self, value: Any) -> Any:
        """Exp of a number that is not positive."""
        return exponential(self.build, self.kind, value, falling=True)[0]

    def expm1(self, value: Any) -> Any:
        """Exp minus one of a number of either sign."""
        return exponential(self.build, self.kind, value, falling=False)[1]

    def unless_nan(self, result: Any, given: Any) -> Any:
        """The result, or the NaN that was given: an exponential does not show it."""
        return self.build.select(self.build.fcmp_unordered("uno", given, given), given, result)


def _harmonic(b: _Builder, e: Any, _: Any) -> _Pair:
    return b.mul(b.mul(b.number(0.5), e), e), e


def _absolute(b: _Builder, e: Any, _: Any) -> _Pair:
    return b.magnitude(e), b.with_sign(b.number(1.0), e)


def _huber(b: _Builder, e: Any, delta: Any) -> _Pair:
    tension = b.clamp(e, delta)
    return b.mul(tension, b.sub(e, b.mul(b.number(0.5), tension))), tension


def _flat_bottom(b: _Builder, e: Any, width: Any) -> _Pair:
    tension = b.sub(e, b.clamp(e, width))
    return b.mul(b.mul(b.number(0.5), tension), tension), tension


def _morse(b: _Builder, e: Any, inverse_width: Any) -> _Pair:
    one = b.number(1.0)
    reach = b.negative(b.mul(inverse_width, e))
    bend = b.expm1(b.smaller(reach, b.number(WALL)))
    steep = b.mul(bend, b.add(bend, one))
    beyond = b.larger(b.sub(reach, b.number(WALL)), b.number(0.0))
    curved = b.add(b.mul(b.mul(b.number(0.5), bend), bend), b.mul(steep, beyond))
    width = b.div(one, inverse_width)
    value = b.unless_nan(b.mul(b.mul(curved, width), width), e)
    return value, b.negative(b.mul(steep, width))


def _lddt(b: _Builder, e: Any, _: Any) -> _Pair:
    """With q = exp(-|e|) and c = exp(-t) a threshold keeps q / (q + c); one division serves all."""
    off = b.magnitude(e)
    q = b.exp(b.negative(off))
    one, quarter = b.number(1.0), b.number(0.25)
    shares = [b.number(math.exp(-limit)) for limit in THRESHOLDS]
    sums = [b.add(q, share) for share in shares]
    left, right = b.mul(sums[0], sums[1]), b.mul(sums[2], sums[3])
    inverse = b.div(one, b.mul(left, right))
    of_left, of_right = b.mul(inverse, right), b.mul(inverse, left)
    inverses = [
        b.mul(of_left, sums[1]),
        b.mul(of_left, sums[0]),
        b.mul(of_right, sums[3]),
        b.mul(of_right, sums[2]),
    ]
    lost = [b.mul(share, over) for share, over in zip(shares, inverses, strict=True)]
    value = b.add(b.add(lost[0], lost[1]), b.add(lost[2], lost[3]))
    # q share / (q + share)² of each threshold, all over q.
    force = [b.mul(part, over) for part, over in zip(lost, inverses, strict=True)]
    total = b.add(b.add(force[0], force[1]), b.add(force[2], force[3]))
    size = b.mul(b.mul(quarter, q), total)
    return b.unless_nan(b.mul(quarter, value), e), b.with_sign(size, e)


_WELLS: dict[int, Callable[[_Builder, Any, Any], _Pair]] = {
    Well.HARMONIC: _harmonic,
    Well.ABSOLUTE: _absolute,
    Well.HUBER: _huber,
    Well.LDDT: _lddt,
    Well.MORSE: _morse,
    Well.FLAT_BOTTOM: _flat_bottom,
}


def _emit_well(_context: Any, code: Any, stretch: Any, parameter: Any) -> Any:
    """The potential of a number (`Well`): φ(e) and dφ/de."""
    formula = _WELLS[code.literal_value]
    pair = types.UniTuple(stretch, 2)

    def generate(context: Any, build: Any, signature: Any, values: Any) -> Any:
        value, slope = formula(_Builder(build, stretch), values[1], values[2])
        return context.make_tuple(build, signature.return_type, [value, slope])

    return pair(code, stretch, parameter), generate


well: Any = intrinsic(prefer_literal=True)(_emit_well)


def _inverse(b: _Builder, strength: Any, length: Any, parameter: Any) -> Any:
    return b.div(strength, b.add(length, parameter))


def _inverse_square(b: _Builder, strength: Any, length: Any, parameter: Any) -> Any:
    return b.div(strength, b.add(b.mul(length, length), parameter))


def _exponential(b: _Builder, strength: Any, length: Any, parameter: Any) -> Any:
    return b.mul(strength, b.exp(b.negative(b.mul(parameter, length))))


_LAWS: dict[int, Callable[[_Builder, Any, Any, Any], Any]] = {
    Form.CONSTANT: lambda _b, strength, _length, _parameter: strength,
    Form.INVERSE: _inverse,
    Form.INVERSE_SQUARE: _inverse_square,
    Form.EXPONENTIAL: _exponential,
}


def _emit_law(_context: Any, code: Any, strength: Any, length: Any, parameter: Any) -> Any:
    """The stiffness law of a number (`Form`): k(d), times a strength."""
    formula = _LAWS[code.literal_value]

    def generate(_ctx: Any, build: Any, _signature: Any, values: Any) -> Any:
        return formula(_Builder(build, length), *values[1:])

    return length(code, strength, length, parameter), generate


law: Any = intrinsic(prefer_literal=True)(_emit_law)
