import math

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from pyg_energyloss import stiffness
from pyg_energyloss.functional import complete_pair_energy, pair_energy
from pyg_energyloss.functional.engine.numba import engine as numba_engine
from pyg_energyloss.testing.reference import pair_energy_loop

LAWS = {
    "constant": stiffness.Constant(1.7),
    "inverse": stiffness.Inverse(1.7, softening=0.3),
    "inverse_square": stiffness.InverseSquare(1.7, softening=0.3),
    "exponential": stiffness.Exponential(1.7, length=0.8),
}
FORMULAS = {
    "constant": lambda _: 1.7,
    "inverse": lambda d: 1.7 / (d + 0.3),
    "inverse_square": lambda d: 1.7 / (d * d + 0.3),
    "exponential": lambda d: 1.7 * math.exp(-d / 0.8),
}
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}


def structures(rng, nodes=40, dim=3, dtype=torch.float64):
    target = 3 * torch.randn(nodes, dim, generator=rng, dtype=dtype)
    return target + 0.3 * torch.randn(nodes, dim, generator=rng, dtype=dtype), target


def random_edges(rng, nodes=40, edges=150, symmetric=False, batch=None):
    edge_index = torch.randint(0, nodes, (2, edges), generator=rng)
    if batch is not None:
        edge_index = edge_index[:, batch[edge_index[0]] == batch[edge_index[1]]]
    if not symmetric:
        return edge_index
    both = torch.cat([edge_index, edge_index.flip(0)], dim=1)
    return both[:, torch.randperm(both.size(1), generator=rng)]


def close(found, expected, tolerance):
    expected = torch.as_tensor(expected)
    scale = expected.abs().max().clamp(min=1e-30)
    assert ((found.double() - expected).abs().max() / scale) <= tolerance


def test_a_stretched_spring_by_hand():
    pred, target = torch.tensor([[0.0], [3.0]]), torch.tensor([[0.0], [1.0]])
    one_way, both_ways = torch.tensor([[0], [1]]), torch.tensor([[0, 1], [1, 0]])
    assert pair_energy(pred, target, one_way).item() == pytest.approx(2.0)
    assert pair_energy(pred, target, both_ways).item() == pytest.approx(4.0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("dim", [1, 2, 3, 5])
@pytest.mark.parametrize("law", LAWS)
def test_agrees_with_a_double_loop(rng, engine, law, dim, dtype):
    pred, target = structures(rng, dim=dim, dtype=dtype)
    batch = torch.randint(0, 4, (40,), generator=rng)
    weight = torch.rand(2000, generator=rng, dtype=dtype)
    for symmetric in (False, True):
        edge_index = random_edges(rng, symmetric=symmetric, batch=batch)
        for weights in (None, weight[: edge_index.size(1)]):
            pos = pred.clone().requires_grad_()
            energy = pair_energy(
                pos,
                target,
                edge_index,
                stiffness=LAWS[law],
                edge_weight=weights,
                batch=batch,
                num_graphs=5,
            )
            energy.sum().backward()
            expected = pair_energy_loop(
                pred,
                target,
                edge_index,
                FORMULAS[law],
                edge_weight=weights,
                batch=batch,
                num_graphs=5,
            )
            close(energy, expected[0], TOLERANCE[dtype])
            close(pos.grad, expected[1], TOLERANCE[dtype])


def test_the_two_directions_may_hold_different_springs(rng, engine):
    pred, target = structures(rng)
    one_way = random_edges(rng)
    edge_index = torch.cat([one_way, one_way.flip(0)], dim=1)
    for weight in (torch.rand(300, generator=rng), torch.rand(150, generator=rng).repeat(2)):
        found = pair_energy(pred, target, edge_index, edge_weight=weight.double())
        expected = pair_energy_loop(pred, target, edge_index, lambda _: 1.0, edge_weight=weight)
        close(found, expected[0], 1e-12)


def test_duplicated_and_self_loop_columns_count_as_they_stand(rng, engine):
    pred, target = structures(rng, nodes=3)
    edge_index = torch.tensor([[0, 0, 1, 1, 2, 1], [1, 1, 0, 1, 2, 2]])
    expected = pair_energy_loop(pred, target, edge_index, lambda _: 1.0)
    close(pair_energy(pred, target, edge_index), expected[0], 1e-12)


def test_a_self_loop_is_safe_for_a_law_that_is_infinite_at_zero(rng):
    pred, target = structures(rng, nodes=3)
    edge_index = torch.tensor([[0, 1], [1, 1]])
    energy = pair_energy(pred, target, edge_index, stiffness=lambda d: 1 / d)
    assert energy.isfinite().all()


def test_lattice_images(rng, engine):
    pred, target = structures(rng, nodes=10)
    edge_index = random_edges(rng, nodes=10, edges=60)
    cells = 5 * torch.eye(3, dtype=torch.float64) + torch.randn(2, 3, 3, generator=rng).double()
    batch = (torch.arange(10) >= 6).long()
    edge_index = edge_index[:, batch[edge_index[0]] == batch[edge_index[1]]]
    shift = torch.randint(-1, 2, (edge_index.size(1), 3), generator=rng)
    cartesian = torch.einsum("ea,eab->eb", shift.double(), cells[batch[edge_index[0]]])
    for both in (False, True):
        edges = torch.cat([edge_index, edge_index.flip(0)], 1) if both else edge_index
        shifts = torch.cat([shift, -shift]) if both else shift
        moves = torch.cat([cartesian, -cartesian]) if both else cartesian
        pos = pred.clone().requires_grad_()
        found = pair_energy(
            pos, target, edges, batch=batch, num_graphs=2, cell=cells, edge_shift=shifts
        )
        found.sum().backward()
        expected = pair_energy_loop(
            pred, target, edges, lambda _: 1.0, shift=moves, batch=batch, num_graphs=2
        )
        close(found, expected[0], 1e-12)
        close(pos.grad, expected[1], 1e-12)


@pytest.mark.parametrize("law", [None, *LAWS.values(), lambda d: 1 / (1 + d)])
def test_first_and_second_derivatives(rng, engine, law):
    pred, target = structures(rng, nodes=8)
    edge_index = random_edges(rng, nodes=8, edges=20)
    weight = torch.rand(20, generator=rng, dtype=torch.float64)

    def energy(pos):
        return pair_energy(pos, target, edge_index, stiffness=law, edge_weight=weight)

    assert gradcheck(energy, pred.requires_grad_())
    assert gradgradcheck(energy, pred)


def test_target_weights_and_cell_have_gradients_where_asked(rng):
    pred, target = structures(rng, nodes=6)
    edge_index = random_edges(rng, nodes=6, edges=12)
    weight = torch.rand(12, generator=rng, dtype=torch.float64)
    cell = 6 * torch.eye(3, dtype=torch.float64)
    shift = torch.randint(-1, 2, (12, 3), generator=rng)

    def energy(pos, rest, factor, lattice):
        return pair_energy(
            pos, rest, edge_index, edge_weight=factor, cell=lattice, edge_shift=shift
        )

    inputs = [tensor.requires_grad_() for tensor in (pred, target, weight, cell)]
    assert gradcheck(energy, inputs)


def test_stiffness_carries_no_gradient():
    pred = torch.tensor([[0.0], [3.0]])
    target = torch.tensor([[0.0], [1.0]], requires_grad=True)
    law = stiffness.Exponential()
    pair_energy(pred, target, torch.tensor([[0], [1]]), stiffness=law).sum().backward()
    expected = float(torch.exp(torch.tensor(-1.0))) * (1.0 - 3.0)
    assert target.grad[1].item() == pytest.approx(expected)


def test_forces_sum_to_zero_and_vanish_at_the_target(rng, engine):
    pred, target = structures(rng)
    edge_index = random_edges(rng)
    pos = pred.requires_grad_()
    pair_energy(pos, target, edge_index).sum().backward()
    assert pos.grad.sum(dim=0).abs().max() < 1e-12
    pos = target.clone().requires_grad_()
    energy = pair_energy(pos, target, edge_index)
    energy.sum().backward()
    assert energy.item() == 0.0
    assert (pos.grad == 0).all()


def test_exact_close_to_the_minimum_in_single_precision(rng, engine):
    target = 5 * torch.randn(60, 3, generator=rng)
    pred = target + 1e-3 * torch.randn(60, 3, generator=rng)
    edge_index = random_edges(rng, nodes=60)
    expected = pair_energy_loop(pred, target, edge_index, lambda _: 1.0)[0]
    close(pair_energy(pred, target, edge_index), expected, 1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_single(rng, engine, dtype):
    pred, target = structures(rng, dtype=torch.float32)
    edge_index = random_edges(rng)
    pos = pred.to(dtype).requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        energy = pair_energy(pos, target, edge_index, stiffness=LAWS["exponential"])
    energy.sum().backward()
    expected = pair_energy(pos.detach().float(), target, edge_index, stiffness=LAWS["exponential"])
    assert energy.dtype == pos.grad.dtype == dtype
    assert torch.equal(energy, expected.to(dtype))


def test_nan_is_not_hidden(engine):
    pred = torch.tensor([[0.0, 0.0, 0.0], [float("nan"), 0.0, 0.0]])
    assert pair_energy(pred, torch.zeros(2, 3), torch.tensor([[0], [1]])).isnan().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("law", LAWS.values())
def test_overflow_saturates_and_still_pulls(engine, law, dtype):
    huge = torch.finfo(dtype).max / 8
    pred = torch.tensor([[0.0, 0.0, 0.0], [huge, 0.0, 0.0]], dtype=dtype, requires_grad=True)
    target = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]], dtype=dtype)
    energy = pair_energy(pred, target, torch.tensor([[0, 1], [1, 0]]), stiffness=law)
    energy.sum().backward()
    assert energy.isfinite().all()
    assert energy > torch.finfo(dtype).max * 0.99
    assert pred.grad.isfinite().all()
    assert pred.grad[1, 0] > 0


def test_several_threads_give_the_same_numbers(rng, monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setattr(numba_engine, "EDGES_PER_THREAD", 10)
    pred, target = structures(rng)
    edge_index = random_edges(rng, symmetric=True)
    results = []
    before = torch.get_num_threads()
    for threads in (1, 3):
        torch.set_num_threads(threads)
        pos = pred.clone().requires_grad_()
        energy = pair_energy(pos, target, edge_index)
        energy.sum().backward()
        results.append((energy.detach(), pos.grad))
    torch.set_num_threads(before)
    close(results[1][0], results[0][0], 1e-13)
    close(results[1][1], results[0][1], 1e-13)


def test_a_table_of_many_memory_pages_gives_the_same_numbers(rng, monkeypatch):
    pytest.importorskip("numba")
    nodes = 70_000  # 4.5 MB in float32
    pred, target = structures(rng, nodes, dtype=torch.float32)
    edge_index = random_edges(rng, nodes, edges=200_000, symmetric=True)
    results = []
    for chosen in ("auto", "torch"):
        monkeypatch.setenv("PYG_ENERGYLOSS_ENGINE", chosen)
        pos = pred.clone().requires_grad_()
        energy = pair_energy(pos, target, edge_index)
        energy.sum().backward()
        results.append((energy.detach(), pos.grad))
    close(results[0][0], results[1][0], 1e-5)
    close(results[0][1], results[1][1], 1e-5)


def test_a_batch_of_narrow_integers(rng, engine):
    pred, target = structures(rng)
    batch = torch.arange(40, dtype=torch.int32) // 10
    edge_index = random_edges(rng, batch=batch.long())
    found = pair_energy(pred, target, edge_index, batch=batch, num_graphs=4)
    expected = pair_energy(pred, target, edge_index, batch=batch.long(), num_graphs=4)
    assert torch.equal(found, expected)


@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("complete", [False, True])
def test_a_weight_for_each_graph(rng, engine, complete, learned):
    pred, target = structures(rng, nodes=12)
    batch = torch.arange(12) // 4
    options = {"stiffness": stiffness.Exponential(), "batch": batch, "num_graphs": 3}
    weight = torch.tensor([2.0, 0.25, 0.0], dtype=torch.float64, requires_grad=learned)
    edge_index = random_edges(rng, nodes=12, edges=30, batch=batch)

    def energy(pos, **more):
        if complete:
            return complete_pair_energy(pos, target, **options, **more)
        return pair_energy(pos, target, edge_index, **options, **more)

    close(energy(pred, graph_weight=weight).detach(), (energy(pred) * weight).detach(), 1e-13)
    pos = pred.clone().requires_grad_()
    assert gradcheck(lambda p: energy(p, graph_weight=weight), (pos,))
    assert gradgradcheck(lambda p: energy(p, graph_weight=weight), (pos,))
    if learned:
        (gradient,) = torch.autograd.grad(energy(pred, graph_weight=weight).sum(), weight)
        close(gradient, energy(pred), 1e-13)
    with pytest.raises(ValueError, match=r"`graph_weight` must have one entry per graph \(3\)"):
        energy(pred, graph_weight=weight[:2])


def test_no_edges_and_no_atoms(engine):
    none = torch.zeros(2, 0, dtype=torch.long)
    pos = torch.zeros(3, 3, requires_grad=True)
    energy = pair_energy(pos, torch.zeros(3, 3), none, batch=torch.tensor([0, 0, 2]), num_graphs=4)
    energy.sum().backward()
    assert energy.tolist() == [0.0] * 4
    assert (pos.grad == 0).all()
    empty = torch.zeros(0, 3)
    assert pair_energy(empty, empty, none).tolist() == [0.0]


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_compiles_without_graph_breaks(rng, backend):
    pred, target = structures(rng, dtype=torch.float32)
    edge_index = random_edges(rng)

    def loss(pos):
        return pair_energy(2 * pos, target, edge_index, stiffness=LAWS["exponential"]).sum()

    compiled = torch.compile(loss, fullgraph=True, backend=backend)
    eager_grad = torch.autograd.grad(loss(pred.requires_grad_()), pred)[0]
    compiled_grad = torch.autograd.grad(compiled(pred), pred)[0]
    assert torch.allclose(eager_grad, compiled_grad, rtol=1e-5)


def test_transposed_and_narrow_inputs_need_no_preparation(rng, engine):
    pred, target = structures(rng)
    edge_index = random_edges(rng)
    pairs = edge_index.t().contiguous().int()
    expected = pair_energy(pred, target, edge_index)
    assert torch.allclose(pair_energy(pred, target, pairs.t()), expected)
    wide = torch.cat([pred, pred], dim=1)
    assert torch.allclose(pair_energy(wide[:, :3], target, edge_index), expected)


def good():
    return {
        "pos_pred": torch.zeros(3, 3),
        "pos_target": torch.zeros(3, 3),
        "edge_index": torch.tensor([[0], [1]]),
    }


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"pos_pred": torch.zeros(3, 3).long()}, TypeError, "`pos_pred` must be a floating"),
        ({"pos_target": np.zeros((3, 3))}, TypeError, "`pos_target` must be a floating"),
        ({"pos_pred": torch.zeros(1, 3, 3)}, ValueError, "from_padded"),
        ({"pos_target": torch.zeros(4, 3)}, ValueError, "shape of `pos_target`"),
        ({"pos_target": torch.zeros(3, 3, device="meta")}, ValueError, "on one device"),
        ({"edge_index": torch.zeros(2, 1)}, TypeError, "`edge_index` must be an integer"),
        ({"edge_index": torch.zeros(1, 2).long()}, ValueError, r"\[2, num_edges\]"),
        ({"edge_weight": torch.ones(2)}, ValueError, "`edge_weight` must have one entry"),
        ({"edge_shift": torch.ones(1, 3)}, ValueError, "`edge_shift` needs `cell`"),
        (
            {"edge_shift": torch.ones(1, 2), "cell": torch.eye(3)},
            ValueError,
            r"\[num_edges, dim\]",
        ),
        ({"batch": torch.zeros(2).long()}, ValueError, "`batch` must be an integer vector"),
        ({"num_graphs": 2}, ValueError, "`batch` is missing"),
        ({"stiffness": "exponential"}, TypeError, "`stiffness` must be a callable"),
    ],
)
def test_bad_input_is_refused_with_the_remedy(change, error, match):
    with pytest.raises(error, match=match):
        pair_energy(**{**good(), **change})


@pytest.mark.parametrize("edge_index", [[[0], [3]], [[-1], [0]]])
def test_edges_outside_the_atoms_are_refused(edge_index):
    pytest.importorskip("numba")
    with pytest.raises(ValueError, match="`edge_index` must be between 0 and num_nodes - 1 = 2"):
        pair_energy(**{**good(), "edge_index": torch.tensor(edge_index)})


def test_third_derivatives_say_what_to_use_instead(rng):
    pos = torch.randn(3, 3, generator=rng, dtype=torch.float64, requires_grad=True)
    energy = pair_energy(pos, torch.ones(3, 3).double(), torch.tensor([[0], [1]]))
    (first,) = torch.autograd.grad(energy.sum(), pos, create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), pos, create_graph=True)
    with pytest.raises(NotImplementedError, match="third derivatives"):
        second.square().sum().backward()
