import itertools
import math
import subprocess
import sys

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck
from torch.utils._python_dispatch import TorchDispatchMode

from pyg_energyloss import stiffness
from pyg_energyloss.functional import complete_pair_energy, pair_energy
from pyg_energyloss.functional.engine import blocks
from pyg_energyloss.functional.engine.numba import engine as numba_engine
from pyg_energyloss.testing.reference import all_pairs, pair_energy_loop

LAWS = {
    "constant": (stiffness.Constant(1.7), lambda _: 1.7),
    "inverse": (stiffness.Inverse(1.7, softening=0.3), lambda d: 1.7 / (d + 0.3)),
    "inverse_square": (stiffness.InverseSquare(1.7, softening=0.3), lambda d: 1.7 / (d**2 + 0.3)),
    "exponential": (stiffness.Exponential(1.7, length=0.8), lambda d: 1.7 * math.exp(-d / 0.8)),
    "callable": (lambda d: 1 / (1 + d), lambda d: 1 / (1 + d)),
}
#: Graphs of up to 64 atoms have a kernel of their own.
SIZES = {"small": (5, 1, 0, 64, 9, 10), "mixed": (5, 1, 0, 70, 9)}
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}
#: A kernel of its own is compiled for each. By default each law meets both sizes, other dimensions
#: and another precision with each.
SOME = {
    (law, sizes, 2 + (k + size) % 2, (torch.float32, torch.float64)[(k // 2 + size) % 2])
    for (k, law), (size, sizes) in itertools.product(enumerate(LAWS), enumerate(SIZES))
}
COMBINATIONS = [
    pytest.param(*one, marks=() if one in SOME else pytest.mark.slow)
    for one in itertools.product(LAWS, SIZES, (2, 3), TOLERANCE)
]


def ragged(rng, dim=3, dtype=torch.float64, sizes=(5, 1, 0, 70, 9)):
    batch = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    target = 3 * torch.randn(len(batch), dim, generator=rng, dtype=dtype)
    pred = target + 0.3 * torch.randn(len(batch), dim, generator=rng, dtype=dtype)
    return pred, target, batch


def relative(found, expected):
    expected = torch.as_tensor(expected)
    error = (found.detach().double() - expected).abs().max()
    return float(error / expected.abs().max().clamp(min=1e-30))


@pytest.mark.parametrize(("law", "sizes", "dim", "dtype"), COMBINATIONS)
def test_agrees_with_a_double_loop(rng, engine, law, sizes, dim, dtype):  # noqa: PLR0917
    pred, target, batch = ragged(rng, dim, dtype, SIZES[sizes])
    ours, formula = LAWS[law]
    pos = pred.requires_grad_()
    energy = complete_pair_energy(pos, target, stiffness=ours, batch=batch, num_graphs=7)
    energy.sum().backward()
    expected = pair_energy_loop(
        pred.detach(), target, all_pairs(batch), formula, batch=batch, num_graphs=7
    )
    assert relative(energy, expected[0]) <= TOLERANCE[dtype]
    assert relative(pos.grad, expected[1]) <= TOLERANCE[dtype]
    assert energy[1] == energy[2] == energy[6] == 0.0


@pytest.mark.parametrize("atoms", range(66))
def test_every_size_of_a_small_graph(rng, atoms):
    pytest.importorskip("numba", reason="the sizes matter to the compiled engine")
    pred, target, batch = ragged(rng, sizes=(3, atoms, 2))
    pos = pred.clone().requires_grad_()
    found = complete_pair_energy(pos, target, batch=batch, num_graphs=3)
    found.sum().backward()
    expected = pair_energy_loop(
        pred, target, all_pairs(batch), lambda _: 1.0, batch=batch, num_graphs=3
    )
    assert relative(found, expected[0]) <= 1e-12
    assert relative(pos.grad, expected[1]) <= 1e-12


def test_equals_the_pair_energy_over_all_pairs(rng, engine):
    pred, target, batch = ragged(rng)
    pairs = torch.as_tensor(all_pairs(batch))
    law = stiffness.Exponential()
    complete = complete_pair_energy(pred, target, stiffness=law, batch=batch, num_graphs=5)
    listed = pair_energy(pred, target, pairs, stiffness=law, batch=batch, num_graphs=5)
    assert torch.allclose(complete, listed, rtol=1e-12)


def test_a_batch_is_the_sum_of_its_graphs_in_any_order(rng, engine):
    pred, target, batch = ragged(rng)
    whole = complete_pair_energy(pred, target, batch=batch, num_graphs=5)
    for graph in range(5):
        mine = batch == graph
        single = complete_pair_energy(pred[mine], target[mine])
        one = torch.zeros(int(mine.sum()), dtype=torch.long)
        batch_of_one = complete_pair_energy(pred[mine], target[mine], batch=one, num_graphs=1)
        assert torch.allclose(single[0], whole[graph], rtol=1e-12)
        assert torch.allclose(single, batch_of_one, rtol=1e-12)
    order = torch.randperm(len(batch), generator=rng)
    pos = pred[order].requires_grad_()
    mixed = complete_pair_energy(pos, target[order], batch=batch[order], num_graphs=5)
    mixed.sum().backward()
    sorted_pos = pred.clone().requires_grad_()
    complete_pair_energy(sorted_pos, target, batch=batch, num_graphs=5).sum().backward()
    assert torch.allclose(mixed, whole, rtol=1e-12)
    assert torch.allclose(pos.grad, sorted_pos.grad[order], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("reflect", [1.0, -1.0])
def test_blind_to_rotation_translation_and_reflection(rng, engine, reflect):
    pred, target, batch = ragged(rng)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=rng, dtype=torch.float64))[0]
    turn = turn * torch.linalg.det(turn) * reflect
    law = stiffness.Inverse()
    before = complete_pair_energy(pred, target, stiffness=law, batch=batch)
    after = complete_pair_energy(pred @ turn + 7.0, target, stiffness=law, batch=batch)
    assert torch.allclose(before, after, rtol=1e-11)
    zero = complete_pair_energy(target @ turn + 7.0, target, stiffness=law, batch=batch)
    assert zero.abs().max() < 1e-24


def test_equivalent_atoms_may_be_exchanged(engine):
    corner = torch.tensor([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    methane = torch.cat([torch.zeros(1, 3), corner]) * 0.63
    swapped = methane[[0, 2, 1, 4, 3]]
    assert complete_pair_energy(swapped, methane).item() < 1e-10


@pytest.mark.parametrize("law", LAWS)
def test_first_and_second_derivatives(rng, engine, law):
    pred, target, batch = ragged(rng, sizes=(4, 1, 3))

    def energy(pos):
        return complete_pair_energy(pos, target, stiffness=LAWS[law][0], batch=batch)

    assert gradcheck(energy, pred.requires_grad_())
    assert gradgradcheck(energy, pred)


def test_gradient_of_the_target(rng):
    pred, target, batch = ragged(rng, sizes=(4, 1, 3))
    inputs = (pred.requires_grad_(), target.requires_grad_())
    assert gradcheck(lambda p, t: complete_pair_energy(p, t, batch=batch), inputs)


@pytest.mark.parametrize("shape", ["coincident", "collinear", "planar", "one atom"])
@pytest.mark.parametrize("law", LAWS)
def test_degenerate_structures_have_finite_derivatives(rng, engine, law, shape):
    pred, target, _ = ragged(rng, sizes=(6,))
    if shape == "coincident":
        pred = torch.zeros_like(pred)
    elif shape == "one atom":
        pred, target = pred[:1], target[:1]
    else:
        flat = torch.tensor([1.0, 0.0, 0.0] if shape == "collinear" else [1.0, 1.0, 0.0])
        pred, target = pred * flat, target * flat
    pos = pred.clone().requires_grad_()
    energy = complete_pair_energy(pos, target, stiffness=LAWS[law][0])
    (first,) = torch.autograd.grad(energy.sum(), pos, create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), pos)
    assert energy.isfinite().all()
    assert first.isfinite().all()
    assert second.isfinite().all()


def test_exact_close_to_the_minimum_in_single_precision(rng, engine):
    target = 5 * torch.randn(200, 3, generator=rng)
    pred = target + 1e-3 * torch.randn(200, 3, generator=rng)
    pairs = all_pairs(torch.zeros(200))
    expected = pair_energy_loop(pred, target, pairs, lambda _: 1.0)[0]
    assert relative(complete_pair_energy(pred, target), expected) <= 1e-5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("law", LAWS)
def test_one_exploded_graph_leaves_the_others_alone(rng, engine, law, dtype):
    pred, target, batch = ragged(rng, dtype=dtype)
    law = LAWS[law][0]
    calm = pred.clone().requires_grad_()
    reference = complete_pair_energy(calm, target, stiffness=law, batch=batch)
    reference.sum().backward()
    exploded = pred.clone()
    exploded[0] = torch.finfo(dtype).max / 16
    pos = exploded.requires_grad_()
    energy = complete_pair_energy(pos, target, stiffness=law, batch=batch)
    energy.sum().backward()
    assert energy.isfinite().all()
    assert pos.grad.isfinite().all()
    assert torch.allclose(energy[1:], reference[1:], rtol=1e-5)
    assert torch.allclose(pos.grad[5:], calm.grad[5:], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
@pytest.mark.parametrize("sizes", SIZES)
def test_nan_is_not_hidden_and_stays_in_its_graph(rng, engine, sizes, wrong):
    pred, target, batch = ragged(rng, sizes=SIZES[sizes])
    pred[0, 0] = wrong
    pos = pred.requires_grad_()
    energy = complete_pair_energy(pos, target, batch=batch)
    energy.sum().backward()
    assert energy[0].isnan()
    assert energy[1:].isfinite().all()
    assert pos.grad[5:].isfinite().all()


@pytest.mark.parametrize("sizes", [(5, 300, 20, 1), (5, 30, 20, 1, 7)])
def test_several_threads_give_the_same_numbers(rng, monkeypatch, sizes):
    pytest.importorskip("numba")
    monkeypatch.setattr(numba_engine, "PAIRS_PER_THREAD", 10)
    pred, target, batch = ragged(rng, sizes=sizes)
    results, before = [], torch.get_num_threads()
    for threads in (1, 3):
        torch.set_num_threads(threads)
        pos = pred.clone().requires_grad_()
        energy = complete_pair_energy(pos, target, batch=batch)
        energy.sum().backward()
        results.append((energy.detach(), pos.grad))
    torch.set_num_threads(before)
    assert torch.allclose(results[0][0], results[1][0], rtol=1e-12)
    assert torch.allclose(results[0][1], results[1][1], rtol=1e-9, atol=1e-10)


class Largest(TorchDispatchMode):
    """Elements of the largest tensor that an operation makes."""

    elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            self.elements = max(self.elements, result.untyped_storage().nbytes() // 4)
        return result


@pytest.mark.parametrize("num_nodes", [600, 1200])
def test_no_tensor_of_the_fallback_is_larger_than_a_block(num_nodes, rng, monkeypatch):
    """1 200 atoms have 1.44 million pairs; a block has 65 536 with nine numbers for each."""
    monkeypatch.setenv("PYG_ENERGYLOSS_ENGINE", "torch")
    pos = torch.randn(num_nodes, 3, generator=rng)
    with Largest() as largest:
        complete_pair_energy(pos, pos.flip(0))
    assert 0 < largest.elements <= 9 * blocks.CHUNK


def test_compiles_without_graph_breaks(rng):
    pred, target, batch = ragged(rng, dtype=torch.float32)

    def loss(pos):
        energy = complete_pair_energy(
            2 * pos, target, stiffness=stiffness.Exponential(), batch=batch, num_graphs=5
        )
        return energy.sum()

    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    eager = torch.autograd.grad(loss(pred.requires_grad_()), pred)[0]
    assert torch.allclose(torch.autograd.grad(compiled(pred), pred)[0], eager, rtol=1e-5)


def test_batch_out_of_range_is_refused(rng):
    pytest.importorskip("numba")
    pos = torch.zeros(2, 3)
    for batch in ([0, 2], [-1, 0]):
        with pytest.raises(ValueError, match="`batch` must be between 0 and num_graphs - 1 = 1"):
            complete_pair_energy(pos, pos, batch=torch.tensor(batch), num_graphs=2)


def test_works_without_numba():
    code = """
import sys
sys.modules["numba"] = None
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *a: None if name == "numba" else find(name, *a)
import torch
from pyg_energyloss.functional import complete_pair_energy
print(complete_pair_energy(torch.tensor([[0.0], [3.0]]), torch.tensor([[0.0], [1.0]])).item())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) == pytest.approx(4.0)
