"""Vectorisable pieces of the CPU kernels: exp by a polynomial, the stiffness of one row.

Importing this module needs numba.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_Operation = Callable[[Any, Any], Any]


def _as_bits(_context: Any, value: Any) -> Any:
    """Reinterpret a float32 as int32, or a float64 as int64."""
    single = value == types.float32
    result = types.int32 if single else types.int64
    target = ir.IntType(32) if single else ir.IntType(64)

    def generate(_ctx: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.bitcast(values[0], target)

    return result(value), generate


bits_of_float: Any = intrinsic(_as_bits)


def _emit_mix(_context: Any, _key: Any, _value: Any) -> Any:
    """Mix a value into a 64-bit hash (the finaliser of splitmix64)."""

    def generate(_ctx: Any, build: Any, _signature: Any, values: Any) -> Any:
        def number(constant: int) -> Any:
            return ir.Constant(ir.IntType(64), constant)

        mixed = build.mul(build.xor(*values), number(0x9E3779B97F4A7C15))
        mixed = build.xor(mixed, build.lshr(mixed, number(30)))
        mixed = build.mul(mixed, number(0xBF58476D1CE4E5B9))
        return build.xor(mixed, build.lshr(mixed, number(27)))

    return types.uint64(types.uint64, types.uint64), generate


mix: Any = intrinsic(_emit_mix)


@dataclass(frozen=True, slots=True)
class _Exponential:
    """Constants of exp(x) = 2^n e^r, |r| <= ln(2) / 2.

    Adding 1.5 * 2^mantissa + bias rounds to a whole number n and leaves the exponent of 2^n in the
    lowest bits. In double precision ln 2 comes in two parts, of which n times the first is exact;
    in single precision n times what one number lacks of it is below rounding. The polynomial times
    r² is e^r - 1 - r: in single precision the one of the smallest largest error (3e-9).
    """

    bits: int
    mantissa: int
    bias: int
    lowest: float
    ln2: tuple[float, ...]
    series: tuple[float, ...]

    def values(self) -> tuple[float, ...]:
        """Return the numbers in the order in which `exponential` takes them."""
        rounder = 1.5 * 2.0**self.mantissa + self.bias
        return (self.lowest, _LOG2_E, rounder, *(-part for part in self.ln2), *self.series)


_LOG2_E = 1.4426950408889634
_SINGLE = _Exponential(
    bits=32,
    mantissa=23,
    bias=127,
    lowest=-87.0,
    ln2=(0.6931471805599453,),
    series=(
        1.3814613261e-3,
        8.3687098242e-3,
        4.1668387361e-2,
        1.6666520690e-1,
        4.9999993452e-1,
    ),
)
_DOUBLE = _Exponential(
    bits=64,
    mantissa=52,
    bias=1023,
    lowest=-708.0,
    ln2=(6.93145751953125e-1, 1.42860682030941723212e-6),
    series=(
        1.6059043836821613e-10,
        2.08767569878681e-9,
        2.505210838544172e-8,
        2.755731922398589e-7,
        2.755731922398589e-6,
        2.48015873015873e-5,
        1.984126984126984e-4,
        1.388888888888889e-3,
        8.333333333333333e-3,
        4.1666666666666664e-2,
        1.6666666666666666e-1,
        0.5,
    ),
)


def exponential_constants(*, single: bool) -> tuple[float, ...]:
    """Return what `exponential` is to be given.

    >>> exponential_constants(single=True)[:2]
    (-87.0, 1.4426950408889634)
    """
    return (_SINGLE if single else _DOUBLE).values()


def polynomial(coefficients: Sequence[Any], value: Any, add: _Operation, mul: _Operation) -> Any:
    """Write a polynomial, highest power first, in the order that needs the fewest registers."""
    total = coefficients[0]
    for coefficient in coefficients[1:]:
        total = add(mul(total, value), coefficient)
    return total


def exponential(
    build: Any, kind: Any, value: Any, numbers: Sequence[Any], *, less_one: bool = False
) -> Any:
    """Write the instructions of exp(x), or exp(x) - 1, to float precision, for vectorised loops.

    Below `lowest` x counts as that number; NaN stays NaN; exp(x) must be inside the range of the
    type. Written as LLVM instructions, as the compilation of the same in Python takes 0.3 s. The
    `numbers` are `exponential_constants`: values that the compiler does not know it keeps in
    registers or beside them, known ones it would fetch again for each use.
    """
    constants = _SINGLE if kind == types.float32 else _DOUBLE
    integer = ir.IntType(constants.bits)
    floating = ir.FloatType() if kind == types.float32 else ir.DoubleType()
    lowest, log2_e, rounder, *others = numbers
    ln2, coefficients = others[: len(constants.ln2)], others[len(constants.ln2) :]
    one = ir.Constant(floating, 1.0)

    def mul(left: Any, right: Any) -> Any:
        return build.fmul(left, right, flags=("contract",))

    def add(left: Any, right: Any) -> Any:
        return build.fadd(left, right, flags=("contract",))

    # In this order it is one instruction, through which NaN passes.
    x = build.select(build.fcmp_ordered(">", lowest, value), lowest, value)
    rounded = add(mul(x, log2_e), rounder)
    count = build.fsub(rounded, rounder, flags=("contract",))
    part = x
    for less in ln2:
        part = add(part, mul(count, less))
    exponent = ir.Constant(integer, constants.mantissa)
    power = build.bitcast(build.shl(build.bitcast(rounded, integer), exponent), floating)
    if not less_one:
        return mul(polynomial([*coefficients, one, one], part, add, mul), power)
    series = add(mul(polynomial(coefficients, part, add, mul), mul(part, part)), part)
    return add(mul(series, power), add(power, ir.Constant(floating, -1.0)))


def _emit_exp(_context: Any, value: Any) -> Any:
    """Exp of a number whose exp is inside the range of the type."""

    def generate(_ctx: Any, build: Any, _signature: Any, values: Any) -> Any:
        single = value == types.float32
        floating = ir.FloatType() if single else ir.DoubleType()
        numbers = [ir.Constant(floating, n) for n in exponential_constants(single=single)]
        return exponential(build, value, values[0], numbers)

    return value(value), generate


exp: Any = intrinsic(_emit_exp)


def _emit_prefetch(_context: Any, table: Any, row: Any) -> Any:
    """Ask for the memory of one row of a table that is written to soon; any row number is safe."""

    def generate(context: Any, build: Any, signature: Any, values: Any) -> Any:
        array = context.make_array(signature.args[0])(context, build, values[0])
        stride = build.extract_value(array.strides, 0)
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        address = build.bitcast(array.data, byte)
        address = build.gep(address, [build.mul(values[1], stride)])
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        function = build.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        write, keep, data = (ir.Constant(word, number) for number in (1, 3, 1))
        build.call(function, [address, write, keep, data])
        return context.get_dummy_value()

    return types.none(table, row), generate


prefetch: Any = intrinsic(_emit_prefetch)
