"""How the compiled engine prepares itself."""

import gc

import numpy as np
import pytest


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled):
    pytest.importorskip("numba")
    from numba import types

    from pyg_energyloss.functional.engine.numba.compiled import compile_kernel

    def kernel(values):
        values[0] = 2.0

    def broken(values):
        values.no_such_method()

    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        compile_kernel(kernel, types.void(types.float64[::1]))
        assert gc.isenabled() == enabled
        with pytest.raises(Exception, match="no_such_method"):
            compile_kernel(broken, types.void(types.float64[::1]))
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_exp_keeps_single_and_double_precision():
    numba = pytest.importorskip("numba")

    from pyg_energyloss.functional.engine.numba.arithmetic import exp

    @numba.njit
    def row(values, out):
        for i in range(values.size):
            out[i] = exp(values[i])

    for kind, tolerance in ((np.float32, 3e-7), (np.float64, 1e-15)):
        values = -np.linspace(0, 80, 20_001).astype(kind)
        out = np.empty_like(values)
        row(values, out)
        assert np.allclose(out, np.exp(values.astype(np.float64)), rtol=tolerance, atol=0)
        out = np.empty(1, dtype=kind)
        row(np.array([np.nan], dtype=kind), out)
        assert np.isnan(out[0])
