"""How often the compiled engine goes through the columns of given edges."""

import pytest
import torch

from pyg_energyloss.functional import pair_energy


@pytest.fixture
def passes(monkeypatch):
    """The passes of each call so far."""
    pytest.importorskip("numba")
    from pyg_energyloss.functional.engine.numba import engine

    calls = []
    make = engine.numba_sparse.sparse_kernel

    def counting(*options):
        kernel = make(*options)

        def counted(*arguments):
            calls.append(len(arguments))
            kernel(*arguments)

        return counted

    monkeypatch.setattr(engine.numba_sparse, "sparse_kernel", counting)
    return calls


UP = torch.tensor([[0, 0, 1], [1, 2, 2]])


@pytest.mark.parametrize(
    ("edge_index", "weight", "count"),
    [
        (UP, [1.0, 2.0, 3.0], 1),
        (torch.cat([UP, UP.flip(0)], dim=1), [1.0, 2.0, 3.0, 1.0, 2.0, 3.0], 1),
        (torch.cat([UP, UP.flip(0)], dim=1), [1.0, 2.0, 3.0, 1.0, 2.0, 4.0], 2),
        (UP.flip(0), [1.0, 2.0, 3.0], 2),
    ],
    ids=["one direction", "both", "both, unlike", "the other direction"],
)
def test_columns_are_gone_through_again_only_for_springs_that_are_missing(
    passes, edge_index, weight, count
):
    target = torch.tensor([[0.0], [1.0], [3.0]])
    pred = torch.tensor([[0.0], [2.0], [3.0]])
    energy = pair_energy(pred, target, edge_index, edge_weight=torch.tensor(weight))
    # Half of w e², with the stretches 1 (0-1), 0 (0-2) and -1 (1-2).
    stretch = pred[edge_index[1], 0] - pred[edge_index[0], 0]
    stretch = stretch.abs() - (target[edge_index[1], 0] - target[edge_index[0], 0]).abs()
    assert energy.item() == pytest.approx(0.5 * float(torch.tensor(weight) @ stretch.square()))
    assert len(passes) == count
