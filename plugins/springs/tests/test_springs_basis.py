import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pyg_energyloss_springs.basis import grouped_basis, multilinear_basis
from pyg_energyloss_springs.grid import Grid, make_grids
from scipy.interpolate import RegularGridInterpolator


@settings(max_examples=30)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(0, 1000))
def test_it_is_scipys_multilinear_interpolation(sticks, seed):
    rng = np.random.default_rng(seed)
    dim = len(sticks)
    low = rng.normal(size=dim)
    high = low + rng.uniform(0.5, 3, dim)
    grid = Grid(tuple(range(dim)), tuple(low), tuple(high), tuple(sticks))
    heights = rng.normal(size=grid.shape)
    points = rng.uniform(low, high, (20, dim))
    axes = [np.linspace(a, b, n + 1) for a, b, n in zip(low, high, sticks, strict=True)]
    expected = RegularGridInterpolator(axes, heights, bounds_error=False, fill_value=None)(points)
    index, weight = multilinear_basis(torch.from_numpy(points), grid)
    found = (torch.from_numpy(heights.ravel())[index] * weight).sum(dim=1)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)


def test_points_outside_count_as_on_the_border():
    grid = Grid((0,), (0.0,), (1.0,), (2,))
    index, weight = multilinear_basis(torch.tensor([[-3.0], [7.0]]), grid)
    nodes = torch.zeros(2, 3).scatter_add_(1, index, weight)
    assert nodes.tolist() == [[1, 0, 0], [0, 0, 1]]


def test_a_point_that_is_no_number_gives_none():
    _, weight = multilinear_basis(torch.tensor([[float("nan")]]), Grid((0,), (0.0,), (1.0,), (2,)))
    assert weight.isnan().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_weights_have_the_dtype_of_the_points(dtype):
    _, weight = grouped_basis(torch.rand(4, 3, dtype=dtype), make_grids([0] * 3, [1] * 3))
    assert weight.dtype == dtype
    assert weight.sum(dim=1).tolist() == pytest.approx([2.0] * 4)  # one for each of two groups


def test_the_slope_is_that_of_the_stick():
    point = torch.tensor([[0.3]], requires_grad=True)
    index, weight = multilinear_basis(point, Grid((0,), (0.0,), (1.0,), (2,)))
    (torch.tensor([0.0, 2.0, 0.0])[index] * weight).sum().backward()
    assert point.grad.item() == pytest.approx(4.0)
