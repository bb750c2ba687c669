"""Every potential on structures that break careless code: finite, or NaN where NaN came in."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyg_energyloss import potentials, stiffness
from pyg_energyloss.functional import complete_pair_energy, pair_energy
from pyg_energyloss.testing import SHAPES, hostile_positions


class Quartic:
    """A potential of one's own, which runs in plain torch."""

    def value(self, predicted, target):
        return 0.25 * (predicted - target) ** 4

    def slope(self, predicted, target):
        return (predicted - target) ** 3


POTENTIALS = {
    "harmonic": potentials.Harmonic(),
    "absolute": potentials.Absolute(),
    "huber": potentials.Huber(0.2),
    "lddt": potentials.LDDT(),
    "morse": potentials.Morse(1.3),
    "flat_bottom": potentials.FlatBottom(0.1),
    "own": Quartic(),
}
DTYPES = [torch.float32, torch.bfloat16]
#: Scales of otherwise ordinary structures, beside the shapes of `hostile_positions`.
SCALES = (1e6, 1e12, 1e22)
GRAPHS = 60
LAW = stiffness.Exponential()

#: Compiled by default: the potentials with exponentials. Each kernel takes a second.
COMPILED = ("lddt", "morse")
ALL = [(engine, name) for engine in ("numba", "torch") for name in POTENTIALS]
SOME = [(engine, name) for engine, name in ALL if engine == "torch" or name in COMPILED]
either = pytest.mark.parametrize("dtype", DTYPES)


@pytest.fixture
def engine(request, monkeypatch):
    if request.param == "torch":
        monkeypatch.setenv("PYG_ENERGYLOSS_ENGINE", "torch")
    else:
        pytest.importorskip("numba")
        monkeypatch.delenv("PYG_ENERGYLOSS_ENGINE", raising=False)


def potentials_by_engine(pairs):
    return pytest.mark.parametrize(("engine", "name"), pairs, indirect=["engine"])


def structures(seed, dtype):
    """Graphs of 0 to 9 atoms, each hostile in its own way; pairs in both directions; weights."""
    rng = torch.Generator().manual_seed(seed)
    sizes = torch.randint(0, 10, (GRAPHS,), generator=rng)
    sides = []
    for _ in range(2):
        parts = []
        for size in sizes.tolist():
            kind = int(torch.randint(0, len(SHAPES) + len(SCALES), (), generator=rng))
            if kind < len(SHAPES):
                parts.append(hostile_positions(SHAPES[kind], size, dtype, rng))
            else:
                scale = SCALES[kind - len(SHAPES)]
                parts.append((scale * torch.randn(size, 3, generator=rng)).to(dtype))
        sides.append(torch.cat(parts))
    batch = torch.arange(GRAPHS).repeat_interleave(sizes)
    weight = torch.rand(len(batch), generator=rng) * (torch.rand(len(batch), generator=rng) < 0.8)
    pairs = torch.combinations(torch.arange(len(batch))).T
    pairs = pairs[:, batch[pairs[0]] == batch[pairs[1]]]
    return *sides, batch, torch.cat([pairs, pairs.flip(0)], dim=1), weight


def check(name, dtype, seed):
    pred, target, batch, pairs, weight = structures(seed, dtype)
    options = {"potential": POTENTIALS[name], "stiffness": LAW, "batch": batch}
    options |= {"num_graphs": GRAPHS, "node_weight": weight, "cutoff": 5.0}
    for columns in (None, pairs):
        pos = pred.clone().requires_grad_()
        if columns is None:
            energy = complete_pair_energy(pos, target, **options)
        else:
            energy = pair_energy(pos, target, columns, **options)
        assert energy.dtype == dtype
        assert energy.isfinite().all()
        (gradient,) = torch.autograd.grad(energy.sum(), pos)
        assert gradient.isfinite().all()


@potentials_by_engine(SOME)
@either
@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31))
def test_hostile_structures_stay_finite(engine, name, dtype, seed):
    check(name, dtype, seed)


@pytest.mark.slow
@potentials_by_engine(ALL)
@either
@settings(max_examples=170, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31))
def test_ten_thousand_hostile_structures_stay_finite(engine, name, dtype, seed):
    check(name, dtype, seed)


@potentials_by_engine(SOME)
@either
def test_nan_in_a_prediction_is_nan_in_its_graph_alone(engine, name, dtype):
    pred, target = (hostile_positions("ordinary", 12, dtype, torch.Generator()) for _ in range(2))
    batch = torch.arange(3).repeat_interleave(4)
    pred[5] = torch.nan
    options = {"potential": POTENTIALS[name], "stiffness": LAW, "batch": batch}
    options |= {"cutoff": 1e3, "node_weight": torch.ones(12)}
    pairs = torch.combinations(torch.arange(12)).T
    pairs = pairs[:, batch[pairs[0]] == batch[pairs[1]]]
    for columns in (None, pairs):
        pos = pred.clone().requires_grad_()
        if columns is None:
            energy = complete_pair_energy(pos, target, **options)
        else:
            energy = pair_energy(pos, target, columns, **options)
        assert energy.isnan().tolist() == [False, True, False]
        (gradient,) = torch.autograd.grad(energy.sum(), pos)
        assert gradient[batch != 1].isfinite().all()


@potentials_by_engine(SOME)
def test_two_types_together_are_computed_in_the_wider_one(engine, name):
    rng = torch.Generator().manual_seed(2)
    pred, target = (torch.randn(6, 3, generator=rng, dtype=torch.float64) for _ in range(2))
    options = {"potential": POTENTIALS[name], "stiffness": LAW}
    options |= {"cutoff": 1e3, "node_weight": torch.ones(6)}
    expected = complete_pair_energy(pred.float(), target.float(), **options)
    found = complete_pair_energy(pred.float(), target, **options)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    half = complete_pair_energy(pred.bfloat16(), target.float(), **options)
    assert half.dtype == torch.bfloat16
    exact = complete_pair_energy(pred.bfloat16().float(), target.float(), **options)
    torch.testing.assert_close(half.float(), exact, rtol=1e-2, atol=1e-3)
