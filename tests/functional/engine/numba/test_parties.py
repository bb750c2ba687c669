import pytest
import torch

pytest.importorskip("numba")
from pyg_energyloss.functional import complete_pair_energy
from pyg_energyloss.functional.engine.numba.complete import LANES, PARTY


@pytest.mark.parametrize("size", [LANES * PARTY, LANES * PARTY + 1, 2 * LANES * PARTY - 1])
def test_pairs_within_a_cutoff_are_all_there_whatever_tiles_are_left_out_together(size):
    rng = torch.Generator().manual_seed(0)
    target = 30 * torch.rand(size, 3, generator=rng, dtype=torch.float64)
    pred = target + 0.3 * torch.randn(size, 3, generator=rng, dtype=torch.float64)
    length = torch.cdist(target, target).fill_diagonal_(torch.inf)
    i, j = (length < 4.0).nonzero().T
    stretch = (pred[i] - pred[j]).norm(dim=1) - length[i, j]
    found = complete_pair_energy(pred, target, cutoff=4.0)
    torch.testing.assert_close(found, 0.5 * stretch.square().sum()[None])
