"""Guidance: when it acts, how far, and what a guided sampler gives."""

import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss.generative import (
    SAMPLERS,
    MoleculeDiffusion,
    PolynomialSchedule,
    PredictVelocity,
    guidance,
    perceived_terms,
    sample,
)
from pyg_energyloss.restraints import Restraints, term_values, violations

WATER = Data(
    z=torch.tensor([8, 1, 1]),
    pos=torch.tensor([[0.0, 0.0, 0.12], [0.0, 0.76, -0.47], [0.0, -0.76, -0.47]]),
)
METHANE = Data(
    z=torch.tensor([6, 1, 1, 1, 1]),
    pos=0.63 * torch.tensor([[0.0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]),
)
BOND = Restraints.of("bond", [(0, 1)], [(1.0, 1.0)])
PAIR, TWO = torch.tensor([[0.0, 0, 0], [2.0, 0, 0]]), torch.tensor([0, 0])
ONE = torch.ones(1)


def guided_length(sigma, **options):
    guide = guidance(BOND, start=0.5, **options)
    out = guide(PAIR, torch.tensor([1, 1]), TWO, alpha=ONE, sigma=sigma * ONE)
    torch.testing.assert_close(out.mean(0), PAIR.mean(0))
    return (out[1] - out[0]).norm().item()


def test_the_share_rises_linearly_from_the_start_to_no_noise():
    lengths = [guided_length(sigma) for sigma in (0.0, 0.25, 0.5, 1.0)]
    assert lengths == pytest.approx([1.0, 1.5, 2.0, 2.0], abs=0.02)
    assert guided_length(0.0, strength=0.5) == pytest.approx(1.5, abs=0.02)


def test_above_the_start_terms_are_not_even_made():
    def make(pos, z, batch):
        raise AssertionError

    guide = guidance(make, start=0.5)
    assert guide(PAIR, torch.tensor([1, 1]), TWO, alpha=ONE, sigma=ONE) is PAIR


@pytest.mark.parametrize("name", ["start", "strength", "steps"])
def test_options_that_are_not_positive_are_errors(name):
    with pytest.raises(ValueError, match=f"`{name}` must be positive"):
        guidance(BOND, **{name: 0})


class LargeWater(torch.nn.Module):
    """Knows one molecule, water 20 % too large: outputs the velocity that leads to it."""

    def forward(self, data):
        alpha, sigma = (x[data.batch][:, None] for x in PolynomialSchedule()(data.time))
        graphs, total = data.time.numel(), alpha**2 + sigma**2
        pos = 1.2 * (WATER.pos - WATER.pos.mean(0)).repeat(graphs, 1)
        types = 0.25 * torch.tensor([[0.0, 1], [1, 0], [1, 0]]).repeat(graphs, 1)
        seen = zip((data.input_pos, data.input_types), (pos, types), strict=True)
        return tuple((alpha * x - total * clean) / sigma for x, clean in seen)


@pytest.mark.parametrize("step", sorted(SAMPLERS))
def test_every_sampler_is_pulled_into_the_bounds(step):
    def terms(pos, z, batch):
        return Restraints.cat(
            [Restraints.of("bond", [(0, 1), (0, 2)], [(0.95, 0.97)] * 2)] * 2, offsets=[0, 3]
        )

    model = MoleculeDiffusion(
        LargeWater(),
        elements=(1, 8),
        schedule=PolynomialSchedule(),
        prediction=PredictVelocity(),
    )
    lengths = {}
    for guide in (None, guidance(terms)):
        made = sample(
            model,
            torch.tensor([3, 3]),
            steps=20,
            step=SAMPLERS[step],
            generator=torch.Generator().manual_seed(0),
            guide=guide,
        )
        lengths[guide is None] = (made[0].pos[0] - made[0].pos[1]).norm().item()
    # The last estimate is made at σ/α = 0.07 Å, where the share is 0.77.
    assert lengths[True] == pytest.approx(1.155, abs=0.01)
    assert lengths[False] == pytest.approx(0.97 + 0.23 * 0.185, abs=0.02)


def test_terms_of_a_batch_are_those_of_the_molecules_that_rdkit_reads():
    pytest.importorskip("rdkit")
    heap = METHANE.clone()
    heap.pos = 0.05 * METHANE.pos
    batch = Batch.from_data_list([WATER, heap, METHANE])
    terms = perceived_terms(batch.pos, batch.z, batch.batch)
    assert set(batch.batch[terms.index[0]].tolist()) == {0, 2}
    assert violations(batch.pos, terms) == []
    lengths = term_values(batch.pos, terms.select(["bond"]))
    assert lengths.shape == (6,)
