"""No NaN, no Inf: values, gradients and second derivatives on hostile structures."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyg_energyloss import stiffness
from pyg_energyloss.functional import complete_pair_energy, pair_energy
from pyg_energyloss.testing import SHAPES, hostile_positions

LAWS = [
    None,
    stiffness.Constant(),
    stiffness.Inverse(),
    stiffness.InverseSquare(),
    stiffness.Exponential(),
    stiffness.Morse(),
    stiffness.LennardJones(),
    lambda d: 1 / (1 + d),
]

hostile_input = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "sizes": st.lists(st.integers(0, 9), min_size=1, max_size=4),
        "pred": st.sampled_from(SHAPES),
        "target": st.sampled_from(SHAPES),
        "dtype": st.sampled_from([torch.float32, torch.bfloat16, torch.float64]),
        "law": st.sampled_from(LAWS),
        "edges": st.sampled_from(["complete", "random", "symmetric", "weighted", "none"]),
    }
)


def check(case):
    rng = torch.Generator().manual_seed(case["seed"])
    sizes, dtype = case["sizes"], case["dtype"]
    nodes = sum(sizes)
    batch = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    pos = hostile_positions(case["pred"], nodes, dtype, rng).requires_grad_()
    target = hostile_positions(case["target"], nodes, dtype, rng)
    options = {"stiffness": case["law"], "batch": batch, "num_graphs": len(sizes)}
    if case["edges"] == "complete":
        energy = complete_pair_energy(pos, target, **options)
    else:
        count = 0 if case["edges"] == "none" or nodes == 0 else 3 * nodes
        edges = torch.randint(0, max(nodes, 1), (2, count), generator=rng)
        edges = edges[:, batch[edges[0]] == batch[edges[1]]] if count else edges
        if case["edges"] == "symmetric":
            edges = torch.cat([edges, edges.flip(0)], dim=1)
        if case["edges"] == "weighted":
            options["edge_weight"] = torch.rand(edges.size(1), generator=rng)
        energy = pair_energy(pos, target, edges, **options)
    assert energy.shape == (len(sizes),)
    assert energy.dtype == dtype
    assert energy.isfinite().all()
    (first,) = torch.autograd.grad(energy.sum(), pos, create_graph=True)
    assert first.isfinite().all()
    vector = torch.randn(first.shape, generator=rng, dtype=torch.float64).to(dtype)
    (second,) = torch.autograd.grad((first * vector).sum(), pos)
    assert second.isfinite().all()


@settings(max_examples=150)
@given(hostile_input)
def test_hostile_structures_stay_finite(case):
    check(case)


@pytest.mark.slow
@settings(
    max_examples=12_000,
    derandomize=False,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(hostile_input)
def test_twelve_thousand_hostile_structures_stay_finite(case):
    check(case)
