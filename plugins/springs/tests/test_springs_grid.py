import numpy as np
import pytest
import torch
from pyg_energyloss_springs import Grid, make_grids


def test_nodes_run_over_the_last_axis_first():
    grid = Grid((0, 1), (0.0, 10.0), (1.0, 30.0), (1, 2))
    expected = [[0, 10], [0, 20], [0, 30], [1, 10], [1, 20], [1, 30]]
    assert grid.nodes().tolist() == expected


def test_sticks_are_counted_along_every_line():
    # 3 x 4 nodes: 4 lines of 2 sticks one way, 3 lines of 3 the other.
    assert Grid((0, 1), (0.0, 0.0), (1.0, 1.0), (2, 3)).num_sticks == 4 * 2 + 3 * 3


def test_groups_may_be_given():
    grids = make_grids([0, 0, 0], [1, 2, 3], sticks=[1, 2, 3], groups=[[2, 0], [1]])
    assert [(g.features, g.high, g.sticks) for g in grids] == [
        ((2, 0), (3.0, 1.0), (3, 1)),
        ((1,), (2.0,), (2,)),
    ]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"features": (), "low": (), "high": (), "sticks": ()}, "one entry per axis"),
        ({"features": (0,), "low": (0.0,), "high": (1.0,), "sticks": (0,)}, "at least 1"),
        ({"features": (0,), "low": (1.0,), "high": (1.0,), "sticks": (2,)}, "below `high`"),
        ({"features": (0, 1), "low": (0.0,), "high": (1.0,), "sticks": (2,)}, "one entry"),
    ],
)
def test_impossible_grids_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        Grid(**options)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"sticks": [1]}, "one entry per feature"),
        ({"group_size": 0}, "`group_size` must be at least 1"),
        ({"groups": [[0, 5]]}, "different features between 0 and 1"),
        ({"groups": [[0, 0]]}, "different features"),
    ],
)
def test_impossible_groups_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        make_grids([0, 0], [1, 1], **options)


def test_nodes_are_float64():
    assert make_grids([0], [1])[0].nodes().dtype == torch.float64


def test_numbers_of_sticks_may_be_numpys():
    assert make_grids([0], [1], sticks=np.int64(3)) == make_grids([0], [1], sticks=3)
    assert make_grids([0], [1], sticks=np.array([3])) == make_grids([0], [1], sticks=3)
