"""All distances of a structure at once."""

import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import registry
from pyg_energyloss.metrics import DistanceEvaluator


def structures():
    noise = torch.Generator().manual_seed(0)
    items = [Data(pos=torch.randn(n, 3, generator=noise)) for n in (5, 1, 9)]
    batch = Batch.from_data_list(items)
    return batch, batch.pos + 0.3 * torch.randn(batch.pos.shape, generator=noise)


def test_the_error_is_the_mean_over_all_pairs():
    batch, pos = structures()
    found = registry.create("evaluator", "distances")(pos, batch)
    for graph, (start, stop) in enumerate([(0, 5), (6, 15)]):
        predicted, true = (torch.pdist(x[start:stop]) for x in (pos, batch.pos))
        error = (predicted - true).abs()
        kept = torch.stack([(error < limit).float().mean() for limit in (0.5, 1.0, 2.0, 4.0)])
        torch.testing.assert_close(found["distance_mae"][2 * graph], error.mean())
        torch.testing.assert_close(found["lddt"][2 * graph], kept.mean())


def test_an_atom_alone_has_no_distances():
    batch, pos = structures()
    found = DistanceEvaluator()(pos, batch)
    assert found["distance_mae"].isnan().tolist() == [False, True, False]
    assert found["lddt"].isnan().tolist() == [False, True, False]


def test_a_mirror_image_is_as_good():
    batch, _ = structures()
    found = DistanceEvaluator()(-batch.pos, batch)
    assert found["distance_mae"].nan_to_num().max() < 1e-5
    assert found["lddt"].nan_to_num(1.0).min() == 1
