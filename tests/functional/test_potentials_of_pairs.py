"""Every potential with every law, cutoffs, weights and kinds of atoms, on every engine."""

import itertools
import math

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck
from torch_geometric.data import Data

from pyg_energyloss import PairEnergyLoss, potentials, stiffness
from pyg_energyloss.functional import complete_pair_energy, pair_energy
from pyg_energyloss.functional.engine.numba import engine as numba_engine
from pyg_energyloss.testing.reference import all_pairs, pair_energy_loop

LAWS = {
    "constant": (stiffness.Constant(1.7), lambda _: 1.7),
    "inverse": (stiffness.Inverse(1.7, softening=0.3), lambda d: 1.7 / (d + 0.3)),
    "inverse_square": (stiffness.InverseSquare(1.7, softening=0.3), lambda d: 1.7 / (d**2 + 0.3)),
    "exponential": (stiffness.Exponential(1.7, length=0.8), lambda d: 1.7 * math.exp(-d / 0.8)),
    "callable": (lambda d: 1 / (1 + d), lambda d: 1 / (1 + d)),
}


def lost(e):
    kept = [1 / (1 + math.exp(abs(e) - t)) for t in (0.5, 1, 2, 4)]
    return 1 - sum(kept) / 4, math.copysign(sum(s * (1 - s) for s in kept) / 4, e)


def morse(e):
    bend = 1 - math.exp(-1.3 * e)
    return bend**2 / (2 * 1.3**2), bend * (1 - bend) / 1.3


def flat(e):
    beyond = e - min(max(e, -0.1), 0.1)
    return beyond**2 / 2, beyond


class Quartic:
    """A potential of one's own, without a form that kernels know."""

    def value(self, predicted, target):
        return 0.25 * (predicted - target) ** 4

    def slope(self, predicted, target):
        return (predicted - target) ** 3


#: potential, its value and slope in plain floats
POTENTIALS = {
    "harmonic": (potentials.Harmonic(), lambda e: (e * e / 2, e)),
    "absolute": (potentials.Absolute(), lambda e: (abs(e), math.copysign(1, e))),
    "huber": (
        potentials.Huber(0.2),
        lambda e: (e * e / 2, e) if abs(e) < 0.2 else (0.2 * abs(e) - 0.02, math.copysign(0.2, e)),
    ),
    "lddt": (potentials.LDDT(), lost),
    "morse": (potentials.Morse(1.3), morse),
    "flat_bottom": (potentials.FlatBottom(0.1), flat),
    "own": (Quartic(), lambda e: (e**4 / 4, e**3)),
}
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}


def ragged(rng, sizes=(5, 1, 0, 70, 9), dim=3, dtype=torch.float64):
    batch = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    target = 2 * torch.randn(len(batch), dim, generator=rng, dtype=dtype)
    pred = target + 0.3 * torch.randn(len(batch), dim, generator=rng, dtype=dtype)
    return pred, target, batch


def within(batch, rng, columns=300):
    edges = torch.randint(0, len(batch), (2, columns), generator=rng)
    edges = edges[:, batch[edges[0]] == batch[edges[1]]]
    return torch.cat([edges, edges.flip(0)[:, ::2]], dim=1)


def assert_agrees(energy, pred, expected, dtype):
    pos = pred.clone().requires_grad_()
    value = energy(pos)
    value.sum().backward()
    for found, wanted in zip((value.detach(), pos.grad), expected, strict=True):
        reference = torch.as_tensor(wanted)
        error = (found.double() - reference).abs().max()
        assert error <= TOLERANCE[dtype] * reference.abs().max()


#: Tested by default: a kernel of its own is compiled for each combination.
SOME = {
    ("exponential", "harmonic", torch.float32),
    ("inverse", "lddt", torch.float64),
    ("callable", "own", torch.float64),
}
FEW = ("harmonic", "lddt", "own")
COMBINATIONS = [
    pytest.param(*one, marks=() if one in SOME else pytest.mark.slow)
    for one in itertools.product(LAWS, POTENTIALS, (torch.float32, torch.float64))
]


@pytest.mark.parametrize(("law", "potential", "dtype"), COMBINATIONS)
@pytest.mark.parametrize("edges", ["tiles", "small", "sparse"])
def test_agrees_with_a_double_loop(  # noqa: PLR0917 - pytest passes by name
    rng, engine, monkeypatch, edges, law, potential, dtype
):
    if edges == "tiles":
        monkeypatch.setattr(numba_engine, "SMALL", 0)
    pred, target, batch = ragged(rng, (5, 1, 0, 9), dtype=dtype)
    weight = torch.rand(len(batch), generator=rng, dtype=dtype)
    weight[::7] = 0
    columns = within(batch, rng) if edges == "sparse" else torch.as_tensor(all_pairs(batch))
    ours, formula = POTENTIALS[potential]
    options = {"stiffness": LAWS[law][0], "potential": ours, "batch": batch, "num_graphs": 5}
    options |= {"cutoff": 2.5, "node_weight": weight}
    expected = pair_energy_loop(
        pred,
        target,
        columns,
        LAWS[law][1],
        batch=batch,
        num_graphs=5,
        potential=lambda p, t: formula(p - t),
        cutoff=2.5,
        node_weight=weight,
    )

    def energy(pos):
        if edges == "sparse":
            return pair_energy(pos, target, columns, **options)
        return complete_pair_energy(pos, target, **options)

    assert_agrees(energy, pred, expected, dtype)


@pytest.mark.parametrize(
    ("complete", "potential"),
    [(False, name) for name in POTENTIALS]
    + [
        pytest.param(True, name, marks=() if name in FEW else pytest.mark.slow)
        for name in POTENTIALS
    ],
)
def test_first_and_second_derivatives(rng, engine, complete, potential):
    pred, target, batch = ragged(rng, (4, 1, 3))
    edges = within(batch, rng, 12)
    weight = torch.rand(8, generator=rng, dtype=torch.float64)
    options = {"batch": batch, "potential": POTENTIALS[potential][0], "node_weight": weight}

    def energy(pos):
        law = stiffness.Exponential()
        if complete:
            return complete_pair_energy(pos, target, stiffness=law, cutoff=9.0, **options)
        return pair_energy(pos, target, edges, stiffness=law, **options)

    assert gradcheck(energy, pred.requires_grad_())
    assert gradgradcheck(energy, pred)


@pytest.mark.parametrize("complete", [False, True])
def test_weights_of_nodes_and_the_target_may_be_learned(rng, complete):
    pred, target, batch = ragged(rng, (4, 3))
    edges = within(batch, rng, 12)
    weight = torch.rand(7, generator=rng, dtype=torch.float64)

    def energy(pos, rest, share):
        options = {"node_weight": share, "batch": batch, "potential": potentials.LDDT()}
        if complete:
            return complete_pair_energy(pos, rest, **options)
        return pair_energy(pos, rest, edges, **options)

    assert gradcheck(energy, [tensor.requires_grad_() for tensor in (pred, target, weight)])


@pytest.mark.parametrize(
    "potential",
    [pytest.param(name, marks=() if name in FEW else pytest.mark.slow) for name in POTENTIALS],
)
@pytest.mark.parametrize("complete", [False, True])
def test_a_node_of_weight_zero_is_not_there(rng, engine, complete, potential):
    pred, target, batch = ragged(rng, (6, 70))
    gone = torch.rand(len(batch), generator=rng) < 0.3
    options = {"potential": POTENTIALS[potential][0], "stiffness": stiffness.Exponential()}
    edges = within(batch, rng)
    place = (~gone).cumsum(0) - 1
    kept = edges[:, ~gone[edges].any(dim=0)]

    def energies(pos, rest, graphs, columns, **more):
        if complete:
            return complete_pair_energy(pos, rest, batch=graphs, **options, **more)
        return pair_energy(pos, rest, columns, batch=graphs, **options, **more)

    broken = pred.clone()
    broken[gone] = torch.nan
    pos, small = broken.requires_grad_(), pred[~gone].clone().requires_grad_()
    found = energies(pos, target, batch, edges, node_weight=(~gone).double())
    expected = energies(small, target[~gone], batch[~gone], place[kept])
    assert torch.allclose(found, expected, rtol=1e-12)
    found.sum().backward()
    expected.sum().backward()
    assert torch.allclose(pos.grad[~gone], small.grad, rtol=1e-9, atol=1e-13)
    assert (pos.grad[gone] == 0).all()


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("sizes", [(700,), (300, 3, 400), (500, 500)])
def test_a_cutoff_in_tiles_that_are_far_apart(rng, monkeypatch, sizes, threads):
    pytest.importorskip("numba")
    monkeypatch.setattr(numba_engine, "PAIRS_PER_THREAD", 10)
    batch = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    shuffled = batch[torch.randperm(len(batch), generator=rng)]
    target = 20 * torch.rand(len(batch), 3, generator=rng, dtype=torch.float64)
    pred = target + 0.3 * torch.randn(target.shape, generator=rng, dtype=torch.float64)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    results = []
    for chosen in ("auto", "torch"):
        monkeypatch.setenv("PYG_ENERGYLOSS_ENGINE", chosen)
        pos = pred.clone().requires_grad_()
        weight = torch.arange(len(batch)) % 3
        energy = complete_pair_energy(
            pos, target, batch=shuffled, cutoff=3.0, potential=potentials.LDDT(), node_weight=weight
        )
        energy.sum().backward()
        results.append((energy.detach(), pos.grad))
    torch.set_num_threads(before)
    assert torch.allclose(results[0][0], results[1][0], rtol=1e-12)
    assert torch.allclose(results[0][1], results[1][1], rtol=1e-9, atol=1e-12)


def chain(rng, nodes=12):
    target = 2 * torch.randn(nodes, 3, generator=rng, dtype=torch.float64)
    pred = target + 0.3 * torch.randn(nodes, 3, generator=rng, dtype=torch.float64)
    bonds = torch.stack([torch.arange(nodes - 1), torch.arange(1, nodes)])
    both = torch.cat([bonds, bonds.flip(0)], dim=1)
    return pred, Data(pos=target, edge_index=both, z=torch.tensor([1, 6, 8]).repeat(nodes)[:nodes])


PAIR_LAWS = {
    "bonds": stiffness.BondAware(9.0, angle=2.0, torsion=0.5),
    "bonds and a callable": stiffness.BondAware(9.0, lambda d: 1 / (1 + d)),
    "fitted": stiffness.physical(),
    "elements": stiffness.ElementPair({(6, 1): 2.0, (8, 8): 0.0}, stiffness.Exponential()),
    "elements and a callable": stiffness.ElementPair({(6, 1): 2.0}, lambda d: 1 / (1 + d)),
}


@pytest.mark.parametrize(("nodes", "potential"), [(12, "harmonic"), (70, "lddt")])
@pytest.mark.parametrize("law", PAIR_LAWS.values(), ids=PAIR_LAWS)
def test_laws_that_know_the_atoms(rng, engine, law, nodes, potential):
    pred, data = chain(rng, nodes)
    bound = law.for_data(data)

    def k(source, target):
        distance = (data.pos[source] - data.pos[target]).norm()
        ends = torch.tensor([source]), torch.tensor([target])
        return float(bound.pair_stiffness(distance[None], *ends))

    pairs = all_pairs(torch.zeros(nodes))
    weight = [k(*pair) for pair in pairs.T.tolist()]
    ours, formula = POTENTIALS[potential]
    expected = pair_energy_loop(
        pred,
        data.pos,
        pairs,
        lambda _: 1.0,
        edge_weight=weight,
        potential=lambda p, t: formula(p - t),
    )
    loss = PairEnergyLoss(law, normalize=None, reduction="none", potential=ours)
    assert_agrees(lambda pos: loss(pos, data), pred, expected, torch.float64)
    data.energy_edge_index = torch.as_tensor(pairs)
    assert_agrees(lambda pos: loss(pos, data), pred, expected, torch.float64)


def test_bonds_between_graphs_are_no_exceptions(rng, engine):
    pred, data = chain(rng, 6)
    batch = torch.tensor([0, 0, 0, 1, 1, 1])
    law = stiffness.BondAware(9.0).for_data(data)
    whole = complete_pair_energy(pred, data.pos, stiffness=law, batch=batch)
    inside = batch[data.edge_index[0]] == batch[data.edge_index[1]]
    data.edge_index = data.edge_index[:, inside]
    law = stiffness.BondAware(9.0).for_data(data)
    apart = complete_pair_energy(pred, data.pos, stiffness=law, batch=batch)
    assert torch.allclose(whole, apart)


@pytest.mark.parametrize("scale", [1e22, 1e30])
@pytest.mark.parametrize("edges", ["complete", "sparse"])
@pytest.mark.parametrize("law", [stiffness.Inverse(), lambda d: 1 / d, stiffness.Exponential()])
def test_the_stiffness_is_that_of_the_true_distance_beside_a_huge_prediction(
    rng, engine, law, edges, scale
):
    target = torch.randn(4, 3, generator=rng)
    pred = scale * torch.randn(4, 3, generator=rng)
    pos = pred.clone().requires_grad_()
    pairs = torch.as_tensor(all_pairs(torch.zeros(4)))
    if edges == "complete":
        energy = complete_pair_energy(pos, target, stiffness=law)
    else:
        energy = pair_energy(pos, target, pairs, stiffness=law)
    energy.sum().backward()
    expected = pair_energy_loop(
        pred, target, pairs, lambda d: float(law(torch.tensor(d, dtype=torch.float64)))
    )[1]
    assert torch.allclose(pos.grad.double(), torch.as_tensor(expected), rtol=1e-4)


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"potential": "lddt"}, TypeError, "`potential` must have `value` and `slope`"),
        ({"cutoff": -1.0}, ValueError, "`cutoff` must be positive"),
        ({"cutoff": float("nan")}, ValueError, "`cutoff` must be positive"),
        ({"cutoff": "far"}, TypeError, "`cutoff` must be a length"),
        ({"node_weight": torch.ones(2)}, ValueError, "`node_weight` must have one entry"),
    ],
)
def test_bad_options_are_refused(change, error, match):
    pos = torch.zeros(3, 3)
    with pytest.raises(error, match=match):
        complete_pair_energy(pos, pos, **change)
    with pytest.raises(error, match=match):
        pair_energy(pos, pos, torch.tensor([[0], [1]]), **change)
