"""Vectorisable pieces of the CPU kernels: exp by a polynomial, the stiffness of one row.

Importing this module needs numba (extra `fast`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

#: Reordering and reciprocals are allowed, ignoring NaN and Inf is not: a NaN input must show.
FASTMATH = {"reassoc", "contract", "arcp", "nsz", "afn"}


def _as_float(_context: Any, bits: Any) -> Any:
    """Reinterpret an int32 as float32, or an int64 as float64."""
    single = bits == types.int32
    result = types.float32 if single else types.float64
    target = ir.FloatType() if single else ir.DoubleType()

    def generate(_ctx: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.bitcast(values[0], target)

    return result(bits), generate


_float_of_bits: Any = intrinsic(_as_float)


def _as_bits(_context: Any, value: Any) -> Any:
    """Reinterpret a float32 as int32, or a float64 as int64."""
    single = value == types.float32
    result = types.int32 if single else types.int64
    target = ir.IntType(32) if single else ir.IntType(64)

    def generate(_ctx: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.bitcast(values[0], target)

    return result(value), generate


bits_of_float: Any = intrinsic(_as_bits)


def exp(value: float) -> float:
    """Exp of a non-positive number to float precision; numba replaces it by type."""
    raise NotImplementedError


@overload(exp, inline="always", jit_options={"fastmath": FASTMATH})
def _exp(value: Any) -> Any:
    if value == types.float32:

        def single(value: Any) -> Any:
            value = max(value, np.float32(-87.0))
            whole = np.int32(value * np.float32(1.4426950408889634) - np.float32(0.5))
            part = value - np.float32(whole) * np.float32(0.693359375)
            part = part - np.float32(whole) * np.float32(-2.12194440e-4)
            series = np.float32(1.9875691500e-4)
            series = series * part + np.float32(1.3981999507e-3)
            series = series * part + np.float32(8.3334519073e-3)
            series = series * part + np.float32(4.1665795894e-2)
            series = series * part + np.float32(1.6666665459e-1)
            series = series * part + np.float32(5.0000001201e-1)
            series = (series * part) * part + part + np.float32(1.0)
            return series * _float_of_bits(np.int32((whole + np.int32(127)) << np.int32(23)))

        return single

    def double(value: Any) -> Any:
        value = max(value, -708.0)
        whole = np.int64(value * 1.4426950408889634 - 0.5)
        part = value - np.float64(whole) * 6.93145751953125e-1
        part = part - np.float64(whole) * 1.42860682030941723212e-6
        series = 1.6059043836821613e-10
        series = series * part + 2.08767569878681e-9
        series = series * part + 2.505210838544172e-8
        series = series * part + 2.755731922398589e-7
        series = series * part + 2.755731922398589e-6
        series = series * part + 2.48015873015873e-5
        series = series * part + 1.984126984126984e-4
        series = series * part + 1.388888888888889e-3
        series = series * part + 8.333333333333333e-3
        series = series * part + 4.1666666666666664e-2
        series = series * part + 1.6666666666666666e-1
        series = series * part + 0.5
        series = (series * part) * part + part + 1.0
        return series * _float_of_bits((whole + np.int64(1023)) << np.int64(52))

    return double
