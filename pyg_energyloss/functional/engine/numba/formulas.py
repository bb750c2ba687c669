"""Stiffness laws and potentials as device functions of the CPU kernels, each written once.

They are LLVM instructions, which the compiler inlines into loops that are to be vectorised. Their
constants come in an array beside the parameters (`numbers_of`), which a kernel reads once.
Importing this module needs numba.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from pyg_energyloss.functional.engine.numba.arithmetic import (
    exponential,
    exponential_constants,
    polynomial,
)
from pyg_energyloss.potentials.lddt import THRESHOLDS
from pyg_energyloss.potentials.morse import WALL
from pyg_energyloss.radial import Form, Well

_Pair = tuple[Any, Any]


class _Builder:
    """Floating point instructions of one width, with the reorderings that kernels allow."""

    flags = ("reassoc", "contract", "arcp", "nsz", "afn")

    def __init__(self, build: Any, kind: Any, numbers: Any = None) -> None:
        self.build = build
        self.kind = kind
        self.floating = ir.FloatType() if kind == types.float32 else ir.DoubleType()
        self.numbers = numbers

    def given(self, place: int, count: int | None = None) -> Any:
        """A number that the kernel was given, or several."""
        if count is None:
            return self.build.extract_value(self.numbers, place)
        return [self.given(place + number) for number in range(count)]

    def number(self, value: float) -> Any:
        return ir.Constant(self.floating, float(value))

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
        function = self.build.module.declare_intrinsic("llvm.fabs", [self.floating])
        return self.build.call(function, [value])

    def with_sign(self, size: Any, value: Any) -> Any:
        """The size, which is not negative, with the sign of a value; zero where the value is."""
        zero = self.number(0.0)
        kind = ir.FunctionType(self.floating, [self.floating, self.floating])
        function = self.build.module.declare_intrinsic("llvm.copysign", [self.floating], kind)
        signed = self.build.call(function, [size, value])
        return self.build.select(self.build.fcmp_ordered("==", value, zero), zero, signed)

    def series(self, coefficients: list[Any], value: Any) -> Any:
        """A polynomial, highest power first."""
        return polynomial(coefficients, value, self.add, self.mul)

    def _exponential(self, value: Any, *, less_one: bool) -> Any:
        count = len(exponential_constants(single=self.kind == types.float32))
        given = self.given(EXPONENTIAL, count)
        return exponential(self.build, self.kind, value, given, less_one=less_one)

    def exp(self, value: Any) -> Any:
        """Exp of a number that is not large."""
        return self._exponential(value, less_one=False)

    def expm1(self, value: Any) -> Any:
        """Exp minus one of a number that is not large."""
        return self._exponential(value, less_one=True)


def _harmonic(b: _Builder, k: Any, e: Any) -> _Pair:
    tension = b.mul(k, e)
    return b.mul(tension, e), tension


def _absolute(b: _Builder, k: Any, e: Any) -> _Pair:
    return b.mul(b.add(k, k), b.magnitude(e)), b.mul(k, b.with_sign(b.number(1.0), e))


def _huber(b: _Builder, k: Any, e: Any) -> _Pair:
    clamped = b.clamp(e, b.given(WELL))
    tension = b.mul(k, clamped)
    return b.mul(tension, b.add(e, b.sub(e, clamped))), tension


def _flat_bottom(b: _Builder, k: Any, e: Any) -> _Pair:
    beyond = b.sub(e, b.clamp(e, b.given(WELL)))
    tension = b.mul(k, beyond)
    return b.mul(tension, beyond), tension


def _morse(b: _Builder, k: Any, e: Any) -> _Pair:
    one, inverse_width = b.number(1.0), b.given(WELL)
    reach = b.negative(b.mul(inverse_width, e))
    bend = b.expm1(b.smaller(reach, b.number(WALL)))
    steep = b.mul(bend, b.add(bend, one))
    beyond = b.larger(b.sub(reach, b.number(WALL)), b.number(0.0))
    curved = b.add(b.mul(bend, bend), b.mul(b.add(steep, steep), beyond))
    width = b.div(one, inverse_width)
    value = b.mul(b.mul(curved, width), b.mul(width, k))
    return value, b.negative(b.mul(b.mul(steep, width), k))


def _lddt_series() -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Coefficients, highest power first, of the fractions that `_lddt` evaluates."""
    shares = [math.exp(-limit) for limit in THRESHOLDS]
    lost: NDArray[Any] = np.zeros(1)
    steep: NDArray[Any] = np.zeros(1)
    for share in shares:
        others = np.poly([-other for other in shares if other != share])
        lost = np.polyadd(lost, 0.25 * share * others)
        steep = np.polyadd(steep, 0.25 * share * np.polymul(others, others))
    return np.poly([-share for share in shares]), lost, steep


_WHOLE, _LOST, _STEEP = _lddt_series()


def _lddt(b: _Builder, k: Any, e: Any) -> _Pair:
    """With q = exp(-|e|) and c = exp(-t) a threshold is met by q / (q + c).

    Over the common denominator D the share that is lost is a cubic in q, its slope q times a
    polynomial of degree six over D²; all coefficients are positive, so nothing cancels.
    """
    fractions = LDDT_SINGLE if b.kind == types.float32 else LDDT_DOUBLE
    whole, lost, steep = fractions, fractions + _WHOLE.size, fractions + _WHOLE.size + _LOST.size
    q = b.exp(b.negative(b.magnitude(e)))
    inverse = b.div(b.number(1.0), b.series(b.given(whole, _WHOLE.size), q))
    scaled = b.mul(k, inverse)
    value = b.mul(b.series(b.given(lost, _LOST.size), q), scaled)
    slope = b.series(b.given(steep, _STEEP.size), q)
    return value, b.mul(slope, b.mul(inverse, b.mul(scaled, b.with_sign(q, e))))


#: Places of the numbers that a kernel is given: parameters of law and potential, the squared
#: cutoff, a strength of the law, then the constants of exp and of the lDDT.
LAW, WELL, REACH, STRENGTH, EXPONENTIAL = range(5)
LDDT_SINGLE = EXPONENTIAL + len(exponential_constants(single=True))
LDDT_DOUBLE = EXPONENTIAL + len(exponential_constants(single=False))


@functools.cache
def _constants(kind: Any) -> NDArray[Any]:
    single = np.dtype(kind) == np.float32
    parts = (np.zeros(EXPONENTIAL), exponential_constants(single=single))
    return np.concatenate([*parts, _WHOLE, 2.0 * _LOST, _STEEP]).astype(kind)


def numbers_of(
    kind: Any, law: float, well: float, reach: float, strength: float = 1.0
) -> NDArray[Any]:
    """Return the numbers that a kernel is given: two parameters, the squared cutoff, the constants.

    >>> numbers_of(np.float32, 1.0, 2.0, 3.0)[:4]
    array([1., 2., 3., 1.], dtype=float32)
    """
    numbers = _constants(kind).copy()
    numbers[:EXPONENTIAL] = law, well, reach, strength
    return numbers


def _emit_loaded(_context: Any, numbers: Any) -> Any:
    """The numbers of an array, as many as `numbers_of` returns, as a tuple."""
    kind = numbers.dtype
    count = _constants(np.float32 if kind == types.float32 else np.float64).size
    result = types.UniTuple(kind, count)

    def generate(context: Any, build: Any, signature: Any, values: Any) -> Any:
        data = context.make_array(signature.args[0])(context, build, values[0]).data
        places = [build.gep(data, [ir.Constant(ir.IntType(64), n)]) for n in range(count)]
        return context.make_tuple(build, result, [build.load(place) for place in places])

    return result(numbers), generate


loaded: Any = intrinsic(_emit_loaded)


_WELLS: dict[int, Callable[[_Builder, Any, Any], _Pair]] = {
    Well.HARMONIC: _harmonic,
    Well.ABSOLUTE: _absolute,
    Well.HUBER: _huber,
    Well.LDDT: _lddt,
    Well.MORSE: _morse,
    Well.FLAT_BOTTOM: _flat_bottom,
}


def _emit_well(_context: Any, code: Any, k: Any, stretch: Any, numbers: Any) -> Any:
    """The potential of a number (`Well`): 2 k φ(e), what a pair counts for, and k dφ/de."""
    formula = _WELLS[code.literal_value]
    pair = types.UniTuple(stretch, 2)

    def generate(context: Any, build: Any, signature: Any, values: Any) -> Any:
        _, strength, elongation, given = values
        both = formula(_Builder(build, stretch, given), strength, elongation)
        return context.make_tuple(build, signature.return_type, both)

    return pair(code, k, stretch, numbers), generate


well: Any = intrinsic(prefer_literal=True)(_emit_well)


def _inverse(b: _Builder, strength: Any, length: Any) -> Any:
    return b.div(strength, b.add(length, b.given(LAW)))


def _inverse_square(b: _Builder, strength: Any, length: Any) -> Any:
    return b.div(strength, b.add(b.mul(length, length), b.given(LAW)))


def _exponential(b: _Builder, strength: Any, length: Any) -> Any:
    return b.mul(strength, b.exp(b.negative(b.mul(b.given(LAW), length))))


_LAWS: dict[int, Callable[[_Builder, Any, Any], Any]] = {
    Form.CONSTANT: lambda _b, strength, _length: strength,
    Form.INVERSE: _inverse,
    Form.INVERSE_SQUARE: _inverse_square,
    Form.EXPONENTIAL: _exponential,
}


def _emit_law(_context: Any, code: Any, strength: Any, length: Any, numbers: Any) -> Any:
    """The stiffness law of a number (`Form`): k(d), times a strength."""
    formula = _LAWS[code.literal_value]

    def generate(_ctx: Any, build: Any, _signature: Any, values: Any) -> Any:
        _, k, distance, given = values
        return formula(_Builder(build, length, given), k, distance)

    return length(code, strength, length, numbers), generate


law: Any = intrinsic(prefer_literal=True)(_emit_law)
