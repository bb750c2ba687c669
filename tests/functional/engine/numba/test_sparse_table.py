"""Aligned memory, with and without large pages."""

import pytest
import torch

from pyg_energyloss.functional.engine.numba.table import aligned_zeros


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rows", [0, 3, 100_000])
def test_rows_are_zero_writable_and_start_at_cache_lines(dtype, rows):
    table = aligned_zeros(rows, 16, dtype)
    assert table.shape == (rows, 16)
    assert not table.any()
    assert rows == 0 or table.data_ptr() % 64 == 0
    table += 1.0
    assert (table == 1.0).all()
    assert not aligned_zeros(rows, 16, dtype).any()
